/**
 * Work shared out among a few sessions.
 * @module
 */

/**
 * Runs `work` for every item with at most `workers` at once, each with a resource of its own. The first failure ends the
 * taking of further items; what runs is waited for, and then that failure is thrown.
 */
export async function inParallel<Item, Resource>(
  workers: number,
  items: readonly Item[],
  open: () => Promise<Resource>,
  close: (resource: Resource) => Promise<void>,
  work: (resource: Resource, item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    const resource = await open();
    try {
      for (let item = queue.shift(); item !== undefined && failure === undefined; item = queue.shift()) {
        await work(resource, item);
      }
    } finally {
      await close(resource);
    }
  };
  const lanes = Array.from({ length: Math.min(workers, items.length) }, () =>
    lane().catch((error: unknown) => {
      failure ??= { error };
    }),
  );
  await Promise.all(lanes);
  if (failure !== undefined) throw failure.error;
}
