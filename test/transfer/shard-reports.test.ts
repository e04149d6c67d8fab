import { expect, it } from "vitest";
import { type ImportReport, ofShards } from "../../components/transfer/reports";
import { Tally } from "../../components/transfer/tally";

function report(changes: (tally: Tally) => void): ImportReport {
  const tally = new Tally();
  changes(tally);
  return tally.report();
}

const refused = { reason: "invalid", detail: "a text" } as never;

it("what shards did is summed; what each of them saw of all is not", () => {
  const first = report((tally) => {
    tally.files = 3;
    tally.skipped.hidden = 2;
    tally.record("runs", "inserted", new Set());
    tally.record("logs", "updated", new Set(["timestamp"] as never));
    tally.refuse("runs", { file: "a.json" }, refused);
  });
  const second = report((tally) => {
    tally.files = 4;
    tally.skipped.hidden = 2;
    tally.record("runs", "inserted", new Set());
    tally.record("logs", "updated", new Set(["timestamp", "number"] as never));
    tally.refuse("runs", { file: "b.json" }, refused);
  });
  const sum = ofShards([
    { ...first, elapsedMs: 900 },
    { ...second, elapsedMs: 1_000 },
  ]);
  expect(sum).toMatchObject({
    files: 7,
    elapsedMs: 1_000,
    skipped: { hidden: 2 },
    runs: { read: 4, inserted: 2, quarantined: 2 },
    logs: { read: 2, updated: 2, normalized: 2 },
    conversions: { timestamp: 2, number: 1 },
    quarantine: [{ file: "a.json" }, { file: "b.json" }],
  });
});

it("one shard's report is the whole", () => {
  const only = report((tally) => {
    tally.files = 1;
  });
  expect(ofShards([only])).toEqual(only);
});
