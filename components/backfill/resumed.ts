import type { AbstractCursor } from "mongodb";
import { withRetries } from "./server-trouble";

/**
 * The items of a query one by one, also where the server has trouble in the middle: the driver
 * tries again what opens a cursor, never what goes on with one, and a cursor ends with its server's
 * term. So the query is asked again behind the last item. Memory holds one reply of the server
 * (issue #5, "Server trouble").
 *
 * @param doing what is done and on what, for the error
 * @param open the query for what comes behind an item, in an order that is the same each time;
 *   for everything where there is no item yet
 * @param retries how often it is asked again with no answer in between; default as withRetries
 * @throws ServerTroubleError where the trouble does not pass or must be mended by somebody
 */
export async function* resumed<T>(
  doing: string,
  open: (last: T | undefined) => AbstractCursor<T>,
  retries?: number,
): AsyncGenerator<T> {
  let last: T | undefined;
  let cursor = open(last);
  const reply = async (): Promise<T[]> => {
    try {
      const first = await cursor.next();
      return first === null ? [] : [first, ...cursor.readBufferedDocuments()];
    } catch (error) {
      // The driver closed it: it would look like one that came to its end.
      cursor = open(last);
      throw error;
    }
  };
  try {
    for (;;) {
      const items = await withRetries(doing, reply, retries);
      if (items.length === 0) return;
      yield* items;
      last = items.at(-1);
    }
  } finally {
    await cursor.close();
  }
}
