/**
 * Which operation of which service a request asks for, and how that service words a refusal.
 * @see https://smithy.io/2.0/aws/protocols/index.html
 */
import type { IncomingHttpHeaders } from "node:http";

export interface AwsOperation {
  readonly service: string;
  readonly operation: string;
}

/** @param body what is known of it; the query protocol says the operation there. */
export function operationOf(method: string, url: string, headers: IncomingHttpHeaders, body: string): AwsOperation {
  // Every signature names its service: `Credential=<key>/<date>/<region>/<service>/aws4_request`.
  const service = /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";
  const target = headers["x-amz-target"];
  if (typeof target === "string") return { service, operation: target.slice(target.lastIndexOf(".") + 1) };
  if (service === "s3") return { service, operation: s3Operation(method, url, headers) };
  if (service === "lambda") return { service, operation: method === "POST" ? "Invoke" : "" };
  return { service, operation: new URLSearchParams(body).get("Action") ?? "" };
}

function s3Operation(method: string, url: string, headers: IncomingHttpHeaders): string {
  const { pathname, searchParams } = new URL(url, "https://s3");
  const [, key = ""] = /^\/[^/]+\/(.+)$/.exec(pathname) ?? [];
  const asked = (name: string) => searchParams.has(name);
  if (key === "") {
    if (method === "HEAD") return "HeadBucket";
    if (asked("uploads")) return "ListMultipartUploads";
    if (asked("versions")) return "ListObjectVersions";
    if (asked("delete")) return "DeleteObjects";
    return asked("list-type") ? "ListObjectsV2" : "";
  }
  const isCopy = headers["x-amz-copy-source"] !== undefined;
  const kept = ["tagging", "retention", "legal-hold", "acl"].find(asked);
  if (kept !== undefined) return `${verbs[method] ?? ""}Object${kept}`;
  switch (method) {
    case "HEAD":
      return "HeadObject";
    case "GET":
      return asked("uploadId") ? "ListParts" : "GetObject";
    case "DELETE":
      return asked("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
    case "POST":
      return asked("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload";
    default:
      if (asked("partNumber")) return isCopy ? "UploadPartCopy" : "UploadPart";
      return isCopy ? "CopyObject" : "PutObject";
  }
}

const verbs: Readonly<Record<string, string>> = { GET: "Get", PUT: "Put", DELETE: "Delete" };

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message?: string;
  readonly fields?: object;
}

/** Type and body of a refusal, as the service that was asked would word it. */
export function refusalOf(
  { service }: AwsOperation,
  headers: IncomingHttpHeaders,
  { code, message = "refused by a test", fields, status }: Refusal,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const id = "00000000-0000-4000-8000-000000000000";
  if (service === "s3") {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${id}</RequestId></Error>`;
    return { headers: { "content-type": "application/xml", "x-amz-request-id": id }, body };
  }
  const requestId = { "x-amzn-requestid": id };
  if (headers["x-amz-target"] !== undefined || service === "lambda") {
    const type = headers["content-type"] ?? "application/json";
    const body = JSON.stringify({ __type: code, message, ...fields });
    return { headers: { "content-type": type, "x-amzn-errortype": code, ...requestId }, body };
  }
  const fault = status < 500 ? "Sender" : "Receiver";
  const body = `<ErrorResponse><Error><Type>${fault}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`;
  return { headers: { "content-type": "text/xml", ...requestId }, body };
}
