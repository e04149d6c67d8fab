/** For each name at work, a promise that its last holder resolves. */
export type Turns = Map<string, Promise<unknown>>;

/** Queues behind the holders of these names. Always call `end`, also after a failure. */
export function takeTurn(turns: Turns, names: readonly string[]) {
  const before = Promise.all(names.flatMap((name) => turns.get(name) ?? []));
  let end!: () => void;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const name of names) turns.set(name, ended);
  void ended.then(() => {
    for (const name of names) if (turns.get(name) === ended) turns.delete(name);
  });
  return { before, end };
}
