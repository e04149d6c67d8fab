import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { exportState, importState, verifyState } from "../../components/transfer";
import { Checkpoints } from "../../components/transfer/checkpoints";
import { exportCounts, importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, entry, lines, logLine, run, writeState } from "./state";

const current = databasePerTest();
const { sides, logs } = sidesOf(current);
const log = "logs/runs/r.ndjson";

/** A line without a sequence. */
const bare = (message: string, fields: object = {}) =>
  logLine(0, { sequence: undefined, message, ...fields });

/** The messages in MongoDB by their sequences. */
async function stored(runId = "r"): Promise<Record<string, string>> {
  const found = await logs().find({ runId }).sort({ sequence: 1 }).toArray();
  const named = found.map(({ sequence, message }) => [sequence as number, message as string]);
  return Object.fromEntries(named) as Record<string, string>;
}

/** The sequences that a log's lines have; undefined for a line without one, or that is not JSON. */
async function written(root: string, name = log) {
  const text = await readFile(join(root, name), "utf8");
  return text.trimEnd().split("\n").map(sequenceOf);
}

function sequenceOf(line: string): number | undefined {
  try {
    return (JSON.parse(line) as { sequence?: number }).sequence;
  } catch {
    return undefined;
  }
}

it("a line without a sequence has its ordinal, and keeps it in every later import", async () => {
  const root = await writeState({ [log]: [bare("a"), bare("b"), bare("c")] });
  expect((await importState(sides(root))).logs).toEqual(importCounts(3, { inserted: 3 }));
  await appendFile(join(root, log), lines(bare("d"), bare("e")));
  const report = await importState(sides(root));
  expect(report.logs).toEqual(importCounts(5, { inserted: 2, unchanged: 3 }));
  expect(await stored()).toEqual({ 1: "a", 2: "b", 3: "c", 4: "d", 5: "e" });
  const again = await importState({ ...sides(root), from: "start" });
  expect(again.logs).toEqual(importCounts(5, { unchanged: 5 }));
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, logs: { equal: 5 } });
});

it("a line far into a log, or behind a sequence that no double holds, has its number", async () => {
  const many = Array.from({ length: 2_000 }, (_, at) => bare(`line ${at + 1}`));
  const ticks = '{"sequence":638980000000000001,' + lines(bare("ticks")).slice(1);
  const root = await writeState({ [log]: lines(...many) + ticks });
  await importState(sides(root));
  await appendFile(join(root, log), lines(bare("after")));
  await importState(sides(root));
  const found = await logs()
    .find({ message: /^line / }, { promoteLongs: false })
    .toArray();
  expect(found.filter(({ sequence, message }) => message !== `line ${String(sequence)}`)).toEqual(
    [],
  );
  expect(found).toHaveLength(2_000);
  const after = await logs().findOne({ message: "after" }, { promoteLongs: false });
  expect(String(after?.sequence)).toBe("638980000000000002");
});

it("a line that cannot be imported takes a number, which it has once it is fixed", async () => {
  const refused = lines(bare("no level", { level: "loud" }), logLine(9, { level: "loud" }));
  const text = `${lines(bare("a"))}{"message":"half\n\n${refused}${lines(bare("z"))}`;
  const root = await writeState({ [log]: text });
  expect((await importState(sides(root))).logs).toMatchObject({ inserted: 2, quarantined: 3 });
  expect(await stored()).toEqual({ 1: "a", 10: "z" });
  const whole = text.replace('{"message":"half\n', lines(bare("half")));
  await writeFile(join(root, log), whole.replaceAll("loud", "warn"));
  expect((await importState(sides(root))).logs).toMatchObject({ inserted: 3, quarantined: 0 });
  const fixed = { 2: "half", 3: "no level", 9: "entry 9" };
  expect(await stored()).toEqual({ 1: "a", 10: "z", ...fixed });
});

it("a last line without its end has the number that it has with it", async () => {
  const root = await writeState({ [log]: lines(bare("a"), bare("b")).trimEnd() });
  await importState(sides(root));
  await importState(sides(root));
  await appendFile(join(root, log), `\n${lines(bare("c"))}`);
  const report = await importState(sides(root));
  expect(report.logs).toEqual(importCounts(3, { inserted: 1, unchanged: 2 }));
  expect(await stored()).toEqual({ 1: "a", 2: "b", 3: "c" });
});

const before = [bare("a"), bare("b"), bare("c")];
it.each([
  ["rewritten", [bare("x"), bare("b"), bare("c"), bare("d")]],
  ["cut at its beginning", [bare("c"), bare("d")]],
  ["cut at its end", [bare("a"), bare("b")]],
  ["rotated", Array.from({ length: 9 }, (_, at) => bare(`later ${at}`))],
  ["emptied", []],
])("a log without sequences that was %s is one finding, and stays as it is", async (_how, now) => {
  const root = await writeState({ [log]: before });
  await importState(sides(root));
  await writeFile(join(root, log), lines(...now));
  const found = {
    logs: importCounts(1, { quarantined: 1 }),
    quarantine: [{ file: log, reason: "conflict" }],
  };
  expect(await importState(sides(root))).toMatchObject(found);
  const differing = { missing: 0, differing: 0, quarantined: 1 };
  expect(await verifyState(sides(root))).toMatchObject({ holds: false, logs: differing });
  // As after a verification that does not hold.
  await new Checkpoints(current.db).forget();
  expect(await importState(sides(root))).toMatchObject(found);
  expect(await importState({ ...sides(root), from: "start" })).toMatchObject(found);
  expect(await stored()).toEqual({ 1: "a", 2: "b", 3: "c" });

  await writeFile(join(root, log), lines(...before, bare("d")));
  expect(await importState(sides(root))).toMatchObject({ logs: { inserted: 1, quarantined: 0 } });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true });
});

it("a log of an older copy of the directory, which an export completes, is imported again", async () => {
  const root = await writeState({ [log]: before });
  await importState(sides(root));
  await writeFile(join(root, log), lines(bare("a")));
  await exportState({ ...sides(root), older: "directory", all: true });
  expect(await written(root)).toEqual([undefined, undefined, undefined]);
  await appendFile(join(root, log), lines(bare("d")));
  expect(await importState(sides(root))).toMatchObject({ logs: { inserted: 1, quarantined: 0 } });
  expect(await stored()).toEqual({ 1: "a", 2: "b", 3: "c", 4: "d" });
});

it("a log without sequences whose entries were all removed from MongoDB is read anew", async () => {
  const root = await writeState({ [log]: before });
  await importState(sides(root));
  await logs().deleteMany({});
  await writeFile(join(root, log), lines(bare("later")));
  expect(await importState(sides(root))).toMatchObject({ logs: { inserted: 1, quarantined: 0 } });
  expect(await stored()).toEqual({ 1: "later" });
});

it("an export writes no sequence as long as the line has that number anyway", async () => {
  const root = await writeState({ [log]: [bare("a"), bare("b")] });
  await importState(sides(root));
  await logs().insertMany([3, 4, 6, 7].map((sequence) => entry("r", sequence)));
  expect((await exportState(sides(root))).logs).toEqual(exportCounts(4, { written: 4 }));
  expect(await written(root)).toEqual([undefined, undefined, undefined, undefined, 6, 7]);
  expect(await exportState(sides(root))).toMatchObject({ files: 0 });

  await appendFile(join(root, log), lines(bare("by a service")));
  expect(await importState(sides(root))).toMatchObject({
    logs: { inserted: 1, quarantined: 0 },
  });
  expect(await stored()).toMatchObject({ 7: "entry 7", 8: "by a service" });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, logs: { equal: 7 } });
});

it("an entry that is not next in its log, or that comes late, is written with its sequence", async () => {
  const root = await writeState({ [log]: [bare("a"), logLine(5), bare("b")] });
  await importState(sides(root));
  await logs().insertMany([3, 7].map((sequence) => entry("r", sequence)));
  await exportState(sides(root));
  expect(await written(root)).toEqual([undefined, 5, undefined, 3, 7]);
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, logs: { equal: 5 } });
});

it.each([
  ["half a line", '{"message":"ha'],
  ["a line that the contract refuses", lines(bare("c", { level: "loud" }))],
])("%s at the end of a log hides no entry of its number", async (_what, last) => {
  const root = await writeState({ [log]: lines(bare("a"), bare("b")) + last });
  await importState(sides(root));
  await logs().insertMany([3, 4].map((sequence) => entry("r", sequence)));
  expect((await exportState(sides(root))).logs).toEqual(exportCounts(2, { written: 2 }));
  expect(await written(root)).toEqual([undefined, undefined, undefined, 3, 4]);
  const { logs: counts } = await importState({ ...sides(root), from: "start" });
  expect(counts).toMatchObject({ unchanged: 4, quarantined: 1 });
});

it.each([
  ["whose logs have none", lines(bare("a")), [undefined, undefined, 5]],
  [
    "to some of whose lines an export gave one",
    lines(logLine(1), bare("b")),
    [undefined, undefined, 5],
  ],
  ["whose logs have some", lines(logLine(1)), [1, 2, 5]],
  ["without logs", undefined, [1, 2, 5]],
])("a new log in a directory %s has the form of the others", async (_what, other, sequences) => {
  const root = await writeState({
    "state/runs/r.json": run("r"),
    ...(other && { "logs/runs/other.ndjson": other }),
  });
  await logs().insertMany([1, 2, 5].map((sequence) => entry("r", sequence)));
  await exportState(sides(root));
  expect(await written(root)).toEqual(sequences);
  await importState(sides(root));
  expect(await verifyState(sides(root))).toMatchObject({ holds: true });
});

it("whatever lines have a sequence, both sides hold the same after each pass", async () => {
  const turn = fc.array(fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }), {
    maxLength: 6,
  });
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 3 }), async (turns) => {
      const runId = `r${++runs}`;
      const name = `logs/runs/${runId}.ndjson`;
      const root = await writeState({
        [`state/runs/${runId}.json`]: run(runId),
      });
      const used = new Set<number>();
      let text = "";
      let greatest = 0;
      for (const sequences of turns) {
        for (const wanted of sequences) {
          const own = wanted === undefined || used.has(wanted) ? undefined : wanted;
          const sequence = own ?? greatest + 1;
          used.add(sequence);
          greatest = Math.max(greatest, sequence);
          text += lines(bare(`of ${sequence}`, own === undefined ? {} : { sequence: own }));
        }
        await addFiles(root, { [name]: text });
        expect((await importState(sides(root))).logs).toMatchObject({ quarantined: 0 });
        // A service goes on in MongoDB, and leaves a gap every other time.
        for (const step of [1, runs % 2 === 0 ? 2 : 1]) {
          greatest += step;
          used.add(greatest);
          await logs().insertOne(entry(runId, greatest, { message: `of ${greatest}` }));
        }
        await exportState({ ...sides(root), only: [runId] });
        const exported = await readFile(join(root, name), "utf8");
        expect(exported.startsWith(text)).toBe(true);
        text = exported;
      }
      const found = await stored(runId);
      expect(
        Object.keys(found)
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual([...used].sort((a, b) => a - b));
      for (const [sequence, message] of Object.entries(found)) {
        expect(message).toBe(`of ${sequence}`);
      }
      expect(await verifyState(sides(root))).toMatchObject({ holds: true });
    }),
    { numRuns: 30 },
  );
});
