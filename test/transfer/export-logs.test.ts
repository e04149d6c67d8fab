import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportState, importState, rollbackSections, toMessages } from "../../components/transfer";
import { emptyDatabasePerTest } from "../server";
import { exportCounts } from "./counts";
import { sidesOf } from "./database";
import { entry, lines, logLine, run, writeState } from "./state";

const current = emptyDatabasePerTest();

const { sides, logs } = sidesOf(current);

const sequencesOf = async (root: string) => {
  const text = await readFile(join(root, "logs/runs/r.ndjson"), "utf8");
  const parsed = text.trimEnd().split("\n");
  return parsed.map((line) => (JSON.parse(line) as { sequence: number }).sequence);
};

it("a log is never rewritten: what it lacks is appended, and a last entry that differs is a conflict", async () => {
  const log = lines(logLine(2), logLine(4), logLine(3), logLine(5, { message: "mine" }));
  const root = await writeState({ "logs/runs/r.ndjson": log });
  await logs().insertMany([1, 2, 3, 5, 6].map((sequence) => entry("r", sequence)));

  const report = await exportState(sides(root));
  expect(report.logs).toEqual(exportCounts(3, { written: 2, conflicts: 1 }));
  expect(report.conflicts.cases).toEqual([
    {
      runId: "r",
      file: "logs/runs/r.ndjson",
      collection: logs().namespace,
      detail: expect.stringMatching(/ 5: message$/) as string,
    },
  ]);
  const timestamp = "2025-11-06T10:00:01.000Z";
  expect(await readFile(join(root, "logs/runs/r.ndjson"), "utf8")).toBe(
    log + lines({ ...logLine(1), timestamp }, { ...logLine(6), timestamp }),
  );
});

it.each([
  ["in its middle", [1, 2, 3, 5], 4],
  ["at its beginning", [1, 2], 0],
  ["in one of many gaps", Array.from({ length: 120 }, (_, at) => 2 * at + 1), 200],
])("an entry that reaches a log late %s is exported", async (_where, early, late) => {
  const files = { "state/runs/r.json": run("r") };
  const root = await writeState({ ...files, "logs/runs/r.ndjson": [logLine(1)] });
  await importState(sides(root));
  await logs().insertMany(early.slice(1).map((sequence) => entry("r", sequence)));
  await exportState(sides(root));
  expect(await sequencesOf(root)).toEqual(early);

  await logs().insertOne(entry("r", late));
  expect((await exportState(sides(root))).logs).toEqual(exportCounts(1, { written: 1 }));
  expect(await sequencesOf(root)).toEqual([...early, late]);
  expect(await exportState(sides(root))).toMatchObject({ files: 0, logs: exportCounts(0, {}) });
});

it.each([
  ["a new log", {}, 6],
  ["a log that exists", { "logs/runs/r.ndjson": lines(logLine(1), logLine(2)) }, 4],
])(
  "reports entries whose sequence is not a number, and exports all others: %s",
  async (_what, files, written) => {
    const root = await writeState(files);
    const numbers = [1, 2, 3, 4, 5, 6].map((sequence) => entry("r", sequence));
    const others = ["seven", null].map((sequence) => ({ ...entry("r", 7), sequence }));
    await logs().insertMany([...numbers, ...others]);

    for (const now of [written, 0]) {
      const report = await exportState(sides(root));
      expect(report.logs).toMatchObject({ written: now, unwritable: 2 });
      expect(report.unwritable.cases).toMatchObject([{ id: "r:seven" }, { id: "r:null" }]);
      expect(await sequencesOf(root)).toEqual([1, 2, 3, 4, 5, 6]);
    }
  },
);

it.each([
  ["a half-written last line", `${lines(logLine(1))}{"sequence":2,"mess`, [2, 3]],
  ["a last line without its end", lines(logLine(1), logLine(2)).trimEnd(), [3]],
])("%s stays a line of its own", async (_what, log, appended) => {
  const root = await writeState({ "logs/runs/r.ndjson": log });
  await logs().insertMany([1, 2, 3].map((sequence) => entry("r", sequence)));
  expect(await exportState(sides(root))).toMatchObject({ logs: { written: appended.length } });
  const text = await readFile(join(root, "logs/runs/r.ndjson"), "utf8");
  expect(text.startsWith(`${log}\n`)).toBe(true);
  const added = text
    .slice(log.length + 1)
    .trimEnd()
    .split("\n");
  expect(added.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual(
    appended,
  );
});

it.each([
  ["the file went on", [2, 3], [1, 2]],
  ["MongoDB went on", [2], [1, 2, 3]],
  ["both end alike", [2], [1, 2]],
])("a log whose last common entry differs is a conflict: %s", async (_what, others, inMongo) => {
  const mine = others.map((sequence) => logLine(sequence, { message: "mine" }));
  const root = await writeState({ "logs/runs/r.ndjson": [logLine(1), ...mine] });
  await logs().insertMany(inMongo.map((sequence) => entry("r", sequence)));
  const report = await exportState(sides(root));
  expect(report.logs).toMatchObject({ conflicts: 1, written: inMongo.length > 2 ? 1 : 0 });
  expect(report.conflicts.cases).toMatchObject([
    { runId: "r", detail: expect.stringMatching(/ 2: message$/) as string },
  ]);
});

it("a rollback names both sides of a log that differs, and no conflict copy", async () => {
  const root = await writeState({ "logs/runs/r.ndjson": [logLine(1, { message: "mine" })] });
  await logs().insertOne(entry("r", 1));
  const exported = await exportState(sides(root));
  const done = { at: "", exported, held: { count: 0, cases: [] } };
  const printed = toMessages(
    rollbackSections(done, sides(root), { cutoverAt: undefined, isAgain: false }),
  );
  const both = `: r in logs/runs/r.ndjson \\(.*${logs().namespace}\\)\\.$`;
  expect(printed.slice(1)).toEqual([
    expect.objectContaining({
      code: "conflicts",
      text: expect.stringMatching(both) as string,
    }),
  ]);
});

it("a log is not touched where it ends like MongoDB's, or MongoDB has none of it any more", async () => {
  const log = lines(logLine(1, { message: "not looked at" }), logLine(2));
  const root = await writeState({ "logs/runs/a.ndjson": log, "logs/runs/gone.ndjson": log });
  await logs().insertMany([entry("a", 1), entry("a", 2)]);
  await current.db.collection<{ _id: string }>("pack_runs").insertOne({ _id: "gone" });
  expect(await exportState(sides(root))).toMatchObject({ logs: exportCounts(0, {}) });
});
