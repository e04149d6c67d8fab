import { Long } from "mongodb";
import { expect, it, vi } from "vitest";
import { logKey } from "../../components/state/keys";
import { documentsOf } from "../../components/transfer/documents";
import { databasePerTest } from "./database";

const current = databasePerTest();

const entries = (...sequences: number[]) =>
  sequences.map((at) => {
    const document = { runId: "r", sequence: Long.fromNumber(at) };
    return { key: logKey("r", String(at)), document };
  });
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

it.each([
  ["entries that lie close together", [101, 103, 102, 105], 5],
  ["entries far apart, as where a sequence starts again", [999, 1_000, 1, 2], 4],
  ["one entry", [7], 1],
  ["the least and the greatest sequence", [Number.MIN_SAFE_INTEGER, 5], 1],
])("%s are found among little else", async (_what, sequences, asked) => {
  const log = current.database.collection("log");
  await log.insertMany(entries(...upTo(1_000)).map(({ document }) => ({ ...document })));
  const find = vi.spyOn(log, "find");

  const found = await documentsOf(log, "logs", entries(...sequences));

  const there = sequences.filter((one) => one > 0).map((one) => logKey("r", String(one)));
  expect([...found.keys()].sort()).toEqual(there.sort());
  expect(await log.countDocuments(find.mock.calls[0]?.[0])).toBe(asked);
});
