import { Collection, Long } from "mongodb";
import { afterEach, expect, it, vi } from "vitest";
import { collections } from "../../components/contract";
import { keyOf, type ReadyRecord } from "../../components/state";
import { pairsOf } from "../../components/transfer/pairs";
import { databasePerTest, defaultSides } from "./database";

const current = databasePerTest();
afterEach(() => void vi.restoreAllMocks());

const entry = (sequence: number, runId = "r") => ({ runId, sequence: Long.fromNumber(sequence) });
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

/** Records of log entries that have no more than what tells them apart. */
function records(...documents: ReturnType<typeof entry>[]): ReadyRecord[] {
  return documents.map(
    (document) =>
      ({
        role: "logs",
        key: keyOf("logs", document),
        location: { file: "" },
        document,
      }) as unknown as ReadyRecord,
  );
}

/** The filters by which documents of some records are looked for, and the keys of those found. */
async function look(asked: readonly ReadyRecord[]) {
  const find = vi.spyOn(Collection.prototype, "find");
  const pairs = await pairsOf(defaultSides(current.db, "/"), asked, "write");
  const filters = find.mock.calls.map(([filter]) => filter);
  vi.restoreAllMocks();
  return { filters, found: pairs.filter(({ mongo }) => mongo).map(({ disk }) => disk.key) };
}

const logs = () => current.db.collection(collections.logs.name);
const fill = (...documents: object[]) =>
  logs().insertMany(documents, { bypassDocumentValidation: true });

it.each([
  ["entries that lie close together", [101, 103, 102, 105], 5],
  ["entries far apart, as if a sequence starts again", [999, 1_000, 1, 2], 4],
  ["one entry", [7], 1],
  ["the least and the greatest sequence", [Number.MIN_SAFE_INTEGER, 5], 1],
])("%s are found among little else", async (_what, sequences, asked) => {
  await fill(...upTo(1_000).map((one) => entry(one)));
  const wanted = records(...sequences.map((one) => entry(one)));
  const { filters, found } = await look(wanted);
  const there = wanted.filter(({ document }) => (document.sequence as Long).greaterThan(0));
  expect(found).toEqual(there.map(({ key }) => key));
  expect(filters).toHaveLength(1);
  expect(await logs().countDocuments(filters[0])).toBe(asked);
});

it("the logs of many runs are asked for together", async () => {
  const entries = upTo(200).flatMap((at) => upTo(5).map((one) => entry(one, `r-${at}`)));
  await fill(...entries.map((one) => ({ ...one })));
  const { filters, found } = await look(records(...entries));
  expect(filters).toHaveLength(1);
  expect(found).toHaveLength(1_000);
});
