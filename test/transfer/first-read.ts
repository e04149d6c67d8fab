import { Collection, type Document, type FindCursor, type FindOptions } from "mongodb";
import { onTestFinished, vi } from "vitest";

type Find = (this: Collection, filter: Document, options?: FindOptions) => FindCursor;

/** Calls back once, before the first page of runs is read or after the last one. */
export function atFirstRead(when: "begin" | "end", work: () => Promise<unknown>): void {
  let isDone = false;
  const once = async (is: typeof when) => {
    if (isDone || is !== when) return;
    isDone = true;
    await work();
  };
  const original = Reflect.get(Collection.prototype, "find") as Find;
  const find: Find = function (filter, options) {
    const cursor = original.call(this, filter, options);
    if (this.collectionName !== "pack_runs" || !options?.singleBatch) return cursor;
    const toArray = cursor.toArray.bind(cursor);
    cursor.toArray = async () => {
      await once("begin");
      const page: unknown[] = await toArray();
      if (page.length === 0) await once("end");
      return page;
    };
    return cursor;
  };
  const spy = vi.spyOn(Collection.prototype, "find").mockImplementation(find as never);
  onTestFinished(() => {
    spy.mockRestore();
  });
}
