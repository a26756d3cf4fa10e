/**
 * Which process of this machine speaks from a local port: the other end of a connection to a server of the tests.
 */
import { readdir, readFile, readlink } from "node:fs/promises";

/** @throws Error when no socket has the port, or its process is not ours to look into. */
export async function processAtPort(port: number): Promise<number> {
  const inode = await socketInode(port);
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    for (const fd of await readdir(`/proc/${entry}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${entry}/fd/${fd}`).catch(() => "");
      if (target === `socket:[${inode}]`) return Number(entry);
    }
  }
  throw new Error(`no process speaks from port ${port}`);
}

async function socketInode(port: number): Promise<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const file of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of (await readFile(file, "utf8")).split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) && fields[9] !== undefined && fields[9] !== "0") return fields[9];
    }
  }
  throw new Error(`no socket has port ${port}`);
}
