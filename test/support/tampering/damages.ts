/**
 * The table of damages: everything that rot, accident or malice can do to one stored object without its key.
 */
import type { Layout } from "./layout.ts";

/** What else there is to put in an object's place. */
interface Others {
  /** Another object of the same restore point. */
  readonly sibling: Buffer;
  /** The object of the same name of another restore point. */
  readonly namesake: Buffer;
  /** An older content under the same name and the same key, as nobody but the writer could have made it. */
  readonly older: Buffer;
}

export interface Damage {
  readonly what: string;
  /** Bytes in its place, or undefined when the object is gone. */
  apply(object: Buffer, layout: Layout, others: Others): Buffer | undefined;
  /** How deep one must look when the length is the same; damage that changes the length is seen by that. */
  readonly depth: "first frame" | "last frame" | "digest";
  /** Offset that a message must name, where the length is the same. */
  readonly offset?: (layout: Layout) => number;
}

const flip =
  (place: (layout: Layout) => number): Damage["apply"] =>
  (object, layout) => {
    const at = place(layout);
    const changed = Buffer.from(object);
    changed.writeUInt8(changed.readUInt8(at) ^ 0b100, at);
    return changed;
  };
const cutAt =
  (place: (layout: Layout) => number): Damage["apply"] =>
  (object, layout) =>
    object.subarray(0, place(layout));
const lastFrame = ({ frames }: Layout) => frames.at(-1) ?? frames[0];
const atStart = () => 0;
const atFirst = ({ frames }: Layout) => frames[0].start;
const atLast = (layout: Layout) => lastFrame(layout).start;

const inHeader = (what: string, place: (layout: Layout) => number): Damage => ({
  what: `changed in ${what}`,
  apply: flip(place),
  depth: "first frame",
  offset: atStart,
});
const inFirst = (what: string, place: (layout: Layout) => number): Damage => ({
  what: `changed in the first frame's ${what}`,
  apply: flip(place),
  depth: "first frame",
  offset: atFirst,
});
const inLast = (what: string, place: (layout: Layout) => number): Damage => ({
  what: `changed in the final frame's ${what}`,
  apply: flip(place),
  depth: "last frame",
  offset: atLast,
});
const cut = (what: string, place: (layout: Layout) => number): Damage => ({
  what: `cut ${what}`,
  apply: cutAt(place),
  depth: "last frame",
});

export const damages: readonly Damage[] = [
  inHeader("its first byte", () => 0),
  inHeader("its suite", () => 2),
  inHeader("its message id", () => 20),
  inHeader("its context", () => 60),
  inHeader("its key commitment", ({ header }) => header - 40),
  inHeader("its header's tag", ({ header }) => header - 1),
  inFirst("number", ({ frames: [frame] }) => frame.start),
  inFirst("IV", ({ frames: [frame] }) => frame.iv),
  inFirst("content", ({ frames: [frame] }) => frame.content),
  inFirst("tag", ({ frames: [frame] }) => frame.tag),
  inLast("mark", (layout) => lastFrame(layout).start),
  inLast("number", (layout) => lastFrame(layout).iv - 1),
  inLast("length", (layout) => lastFrame(layout).content - 1),
  inLast("content", (layout) => lastFrame(layout).content),
  inLast("last byte", (layout) => lastFrame(layout).end - 1),
  cut("to nothing", () => 0),
  cut("in its header", ({ header }) => header - 8),
  cut("after its header", ({ header }) => header),
  cut("in its first frame", ({ frames: [frame] }) => frame.content + 1),
  cut("before its final frame", (layout) => lastFrame(layout).start),
  cut("by its last byte", (layout) => lastFrame(layout).end - 1),
  { what: "lengthened by a byte", apply: (object) => Buffer.concat([object, Buffer.of(0)]), depth: "last frame" },
  { what: "lengthened by itself", apply: (object) => Buffer.concat([object, object]), depth: "last frame" },
  {
    what: "lengthened by its first frame again",
    apply: (object, { frames: [{ start, end }] }) =>
      Buffer.concat([object.subarray(0, end), object.subarray(start, end), object.subarray(end)]),
    depth: "last frame",
  },
  {
    what: "exchanged with another object of its restore point",
    apply: (_, __, { sibling }) => sibling,
    depth: "first frame",
  },
  { what: "exchanged with another restore point's", apply: (_, __, { namesake }) => namesake, depth: "first frame" },
  { what: "replayed from an older version", apply: (_, __, { older }) => older, depth: "digest" },
  { what: "missing", apply: () => undefined, depth: "first frame" },
];
