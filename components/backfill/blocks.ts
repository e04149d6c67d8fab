/** Items some at a time, so that many are asked for at once and few are in memory. */
export async function* blocksOf<T>(items: AsyncIterable<T>, size = 500): AsyncGenerator<T[]> {
  let block: T[] = [];
  for await (const item of items) {
    if (block.push(item) < size) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
