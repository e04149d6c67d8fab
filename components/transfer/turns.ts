/** For each name at work: what ends when the last one with it is done. */
export type Turns = Map<string, Promise<unknown>>;

/** A turn after the last ones that were taken for some names. It has to end, whatever becomes of the work. */
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
