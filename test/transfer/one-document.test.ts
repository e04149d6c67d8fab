import { Collection, Long, type FindCursor } from "mongodb";
import { expect, it, onTestFinished } from "vitest";
import { formatJson, readCutoverRecord } from "../../components/state";
import { RollbackStack, finished } from "./rollback-stack";

const stack = new RollbackStack();

/** What other drivers can write and this server cannot hold: it is played where a reply is read. */
type Change = (bytes: Buffer, at: number) => void;

/** 9e15 ms since 1970 as a date, which JavaScript cannot hold. */
const asDate: Change = (bytes, at) => (bytes[at] = 9);

/** A text that is not UTF-8. */
const asBrokenText: Change = (bytes, at) => {
  bytes[at] = 2;
  bytes.write("\x04\0\0\0a\xffa\0", at + "\x12poison\0".length, "latin1");
};

/** Lets each reply have the changed value instead of the member `poison`. */
function poison(change: Change): void {
  const read = (raw: unknown) => {
    if (!(raw instanceof Uint8Array)) return raw;
    const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
    const at = bytes.indexOf("\x12poison\0", 0, "latin1");
    if (at >= 0) change(bytes, at);
    return raw;
  };
  const original = Object.getOwnPropertyDescriptor(Collection.prototype, "find");
  if (!original) throw new Error("The driver's collections have no find.");
  onTestFinished(() => void Object.defineProperty(Collection.prototype, "find", original));
  const find = original.value as (this: Collection, ...args: unknown[]) => FindCursor<unknown>;
  Collection.prototype.find = function (this: Collection, ...args: unknown[]) {
    const cursor = find.apply(this, args);
    const next = cursor.next.bind(cursor);
    const buffered = cursor.readBufferedDocuments.bind(cursor);
    cursor.next = async () => read(await next());
    cursor.readBufferedDocuments = (...count) =>
      buffered(...count).map((raw) => read(raw) as object);
    return cursor;
  } as Collection["find"];
}

const value = Long.fromString("9000000000000000");

it.each([
  ["a date that JavaScript cannot hold", asDate],
  ["a text that is not UTF-8", asBrokenText],
])(
  "%s in a run is a refusal of that run: it is named and held, and all others are exported",
  async (_what, change) => {
    const before = await stack.cutover();
    await stack.advance();
    await stack.change("slow", { "plan.poison": value });
    poison(change);
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({
      exported: { runs: { written: 1, unwritable: 1 }, unwritable: { cases: [{ id: "slow" }] } },
      held: { cases: ["slow"] },
    });
    expect(await stack.onDisk("busy")).toMatchObject(finished);
    expect(await readCutoverRecord(stack.root)).toHaveProperty("endedAt");
  },
);

it.each([
  ["pack_artifacts", asDate],
  ["pack_artifacts", asBrokenText],
  ["pack_run_logs", asDate],
  ["pack_run_logs", asBrokenText],
])("a record in %s does not stop the others", async (name, change) => {
  const before = await stack.cutover();
  await stack.advance();
  const fields = { sequence: Long.fromNumber(1), name: "a", poison: value };
  await stack.db.collection(name).insertOne({ runId: "slow", ...fields });
  poison(change);
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ exported: { runs: { written: 1 } } });
  const id = expect.stringMatching(/^slow/) as unknown;
  expect(rollback?.exported?.unwritable).toMatchObject({ count: 1, cases: [{ id }] });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});

it.each([NaN, 253_402_300_800_000, -62_135_596_800_001])(
  "a date that no service reads is refused: %d ms since 1970",
  (ms) => {
    expect(() => formatJson({ at: new Date(ms) })).toThrow(/years 1 to 9999/);
  },
);

it.each(["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])("%s is written", (text) => {
  expect(formatJson(new Date(text))).toBe(JSON.stringify(text));
});
