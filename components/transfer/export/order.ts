/** For each name at work, a promise that its last holder resolves. */
export type Order = Map<string, Promise<unknown>>;

/** Queues behind the holders of these names. Always call `end`, also after a failure. */
export function joinOrder(order: Order, names: readonly string[]) {
  const before = Promise.all(names.flatMap((name) => order.get(name) ?? []));
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const name of names) order.set(name, ended);
  void ended.then(() => {
    for (const name of names) if (order.get(name) === ended) order.delete(name);
  });
  return { before, end };
}
