import { existsSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { pages, read, root } from "./pages.ts";

/** As GitHub makes an anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#{1,6} (.+)$/gm)].map((match) => anchorOf(match[1] ?? ""));
}

it.each(pages())("%s links only to what is there", (page) => {
  const prose = read(page).replace(/^```.*?^```$/gms, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "");
  for (const link of links.filter((href) => !/^[a-z]+:/.test(href))) {
    const [file = "", anchor] = link.split("#");
    const linked = file === "" ? page : path.normalize(path.join(path.dirname(page), file));
    expect(existsSync(path.join(root, linked)), `${page} → ${link}`).toBe(true);
    if (anchor !== undefined && linked.endsWith(".md")) expect(anchors(linked), `${page} → ${link}`).toContain(anchor);
  }
});
