import type { AbstractCursor } from "mongodb";
import { type Patience, withRetries } from "./server-trouble";

/**
 * The items of a query one by one, also where the server has trouble in the middle: the driver
 * tries again what opens a cursor, never what goes on with one, and a cursor ends with its server's
 * term. So the query is asked again behind the last item (issue #5, "Server trouble"). Of a reply
 * only the last item's key is kept when the next one comes: a reply has up to 16 MiB.
 *
 * @param doing what is done and on what, for the error
 * @param open the query for what comes behind a key, in an order that is the same each time; for
 *   everything where there is no item yet
 * @param keyOf what tells an item's place in that order
 * @param patience how long it is asked again with no answer in between
 * @throws ServerTroubleError where the trouble does not pass or needs a person
 */
export async function* resumeCursor<T, Key>(
  doing: string,
  open: (last: Key | undefined) => AbstractCursor<T>,
  keyOf: (item: T) => Key,
  patience?: Patience,
): AsyncGenerator<T> {
  let last: Key | undefined;
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
      const items = await withRetries(doing, reply, patience);
      const end = items.at(-1);
      if (end === undefined) return;
      last = keyOf(end);
      yield* items;
    }
  } finally {
    await cursor.close();
  }
}
