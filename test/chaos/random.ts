/** Numbers that look random and come again with the same seed, so that a round can be played again. */
export interface Random {
  /** At least 0, below 1. */
  next(): number;
  /** Whole, at least `from`, below `to`. */
  whole(from: number, to: number): number;
  pick<T>(list: readonly [T, ...T[]]): T;
  /** True so many times out of one. */
  happens(probability: number): boolean;
  /** Numbers of its own for each of several that draw at the same time: whoever is first takes nothing from the others. */
  fork(name: string): Random;
}

/** Mulberry32, seeded by an FNV-1a hash of the text: both are public domain and a few lines long. */
export function randomOf(seed: string): Random {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (from: number, to: number) => from + Math.floor(next() * (to - from));
  return {
    next,
    whole,
    pick: (list) => list[whole(0, list.length)] ?? list[0],
    happens: (probability) => next() < probability,
    fork: (name) => randomOf(`${seed}/${name}`),
  };
}
