import { Db } from "mongodb";
import { onTestFinished } from "vitest";

/** Calls back once, before or after all of a query on runs is read. */
export function atFirstRead(when: "begin" | "end", work: () => Promise<unknown>): void {
  const original = Object.getOwnPropertyDescriptor(Db.prototype, "runCursorCommand");
  if (!original) throw new Error("The driver has no cursor for commands.");
  onTestFinished(() => void Object.defineProperty(Db.prototype, "runCursorCommand", original));
  const command = original.value as Db["runCursorCommand"];
  let isDone = false;
  Db.prototype.runCursorCommand = function (this: Db, asked, ...options) {
    const cursor = command.call(this, asked, ...options);
    if (asked.find !== "pack_runs") return cursor;
    const next = cursor.next.bind(cursor);
    const once = async (is: typeof when) => {
      if (isDone || is !== when) return;
      isDone = true;
      await work();
    };
    cursor.next = async () => {
      await once("begin");
      const found = (await next()) as object | null;
      if (found === null) await once("end");
      return found;
    };
    return cursor;
  };
}
