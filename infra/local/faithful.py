"""Starts MiniStack 1.5.33 with five of its differences from AWS taken away, on each of which our state machines, roles or commands depend.

1. A failed function reports `errorType: Runtime.HandlerError`; Lambda reports the error's own name, which is what ErrorEquals matches.
2. A function that dies is reported under the same name; Lambda says `Runtime.ExitError`.
3. EventBridge Scheduler's context attributes (`<aws.scheduler.scheduled-time>`) reach the target as they stand.
4. Requests carry neither `dynamodb:LeadingKeys` nor `kms:EncryptionContext:*` nor `events:source`, by which roles are held to what is theirs.
5. A call's log is cut off 5 ms after its last line came; Lambda's has every line, and `holdfast logs` reads a call without its last as dead.

The version is pinned by hash, so what is replaced here is what was read; a text that is not found stops the start.
"""

import json
import queue
import re
import threading
from datetime import datetime, timezone

from ministack.core import iam_actions, lambda_runtime
from ministack.services import eventbridge, lambda_svc

_THROWN = 'status: "error", error: String(err.message || err), trace: err.stack || ""'
_THROWN_AT_ONCE = 'status: "error", error: e.message, trace: e.stack'
_ANSWERED = '_realStdoutWrite(JSON.stringify({ status: "ok", result: res })'
_END_OF_LOG = "-- end of this call's log --"
_LONGEST_LAG_SECONDS = 10
_DEATHS = ("Worker process died", "Worker returned no response")
_last = threading.local()


def report_error_names() -> None:
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    for found, added in ((_THROWN, ", errorType: err.name"), (_THROWN_AT_ONCE, ", errorType: e.name")):
        if found not in script:
            raise SystemExit(f"this MiniStack's Node worker is not the one this patch was read from: {found}")
        script = script.replace(found, found + added)
    lambda_runtime._NODEJS_WORKER_SCRIPT = script

    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def invoke_and_note(self, *args, **kwargs):
        result = invoke(self, *args, **kwargs)
        died = result.get("error") in _DEATHS
        _last.error_type = "Runtime.ExitError" if died else result.get("errorType")
        return result

    def execute_with_name(*args, **kwargs):
        _last.error_type = None
        result = execute(*args, **kwargs)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and _last.error_type:
            body["errorType"] = _last.error_type
        return result

    lambda_runtime.Worker.invoke = invoke_and_note
    lambda_svc._execute_function_warm = execute_with_name


def wait_for_whole_logs() -> None:
    """Node writes to pipes at once: what stands before the mark, or before the end of the pipe, is all that the call has said."""
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if _ANSWERED not in script:
        raise SystemExit(f"this MiniStack's Node worker is not the one this patch was read from: {_ANSWERED}")
    mark = f"_stderrWrite({json.dumps(_END_OF_LOG)} + \"\\n\"); "
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(_ANSWERED, mark + _ANSWERED)
    drain_for_a_while = lambda_runtime.Worker._drain_stderr_bounded

    def drain(self, *args, **kwargs):
        if not self.config.get("Runtime", "").startswith("nodejs"):
            return drain_for_a_while(self, *args, **kwargs)
        if self._proc is None:
            self._stderr_thread.join(_LONGEST_LAG_SECONDS)
            return self._drain_stderr()
        lines = []
        try:
            while (line := self._stderr_queue.get(timeout=_LONGEST_LAG_SECONDS)) != _END_OF_LOG:
                lines.append(line)
        except queue.Empty:
            pass
        return "\n".join(lines)

    lambda_runtime.Worker._drain_stderr_bounded = drain


def fill_schedule_attributes() -> None:
    invoke_target = eventbridge._invoke_target

    def invoke_filled(target, event, rule, *args, **kwargs):
        if event.get("Source") == "aws.scheduler" and isinstance(target.get("Input"), str):
            moment = datetime.fromtimestamp(event["Time"], tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            values = {
                "scheduled-time": moment,
                "execution-id": event["EventId"],
                "attempt-number": "1",
                "schedule-arn": (event.get("Resources") or [""])[0],
            }
            text = target["Input"]
            for name, value in values.items():
                text = text.replace(f"<aws.scheduler.{name}>", json.dumps(value)[1:-1])
            target = {**target, "Input": text}
        return invoke_target(target, event, rule, *args, **kwargs)

    eventbridge._invoke_target = invoke_filled


def carry_condition_keys() -> None:
    tags = iam_actions.request_tag_context

    def keys_and_tags(service, iam_action, body, params):
        carriers = {"kms": encryption_context, "dynamodb": leading_keys, "events": event_source}
        carried = carriers.get(service, lambda _: {})
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            request = {}
        return {**tags(service, iam_action, body, params), **carried(request)}

    iam_actions.request_tag_context = keys_and_tags


def encryption_context(request) -> dict:
    return {f"kms:encryptioncontext:{name.lower()}": value for name, value in (request.get("EncryptionContext") or {}).items()}


def event_source(request) -> dict:
    sources = {entry.get("Source") for entry in request.get("Entries") or []}
    return {"events:source": sources.pop()} if len(sources) == 1 else {}


def leading_keys(request) -> dict:
    """Partition keys of a request to a table whose partition key is called `pk`, or of a query of one of its indexes."""
    requests = [part for item in request.get("TransactItems") or [] for part in item.values()] or [request]
    keys = [(part.get("Key") or part.get("Item") or {}).get("pk") for part in requests]
    for table in (request.get("RequestItems") or {}).values():
        keys += [key.get("pk") for key in table.get("Keys", [])]
    found = re.match(r"\s*(\S+)\s*=\s*(:\w+)", request.get("KeyConditionExpression") or "")
    if found:
        keys.append((request.get("ExpressionAttributeValues") or {}).get(found[2]))
    values = [key["S"] for key in keys if key]
    return {"dynamodb:leadingkeys": values} if values else {}


if __name__ == "__main__":
    report_error_names()
    wait_for_whole_logs()
    fill_schedule_attributes()
    carry_condition_keys()
    from ministack.app import main

    main()
