import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { importState } from "../../components/transfer";
import { importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, approval, run, writeState } from "./state";
import { killedBeforeSettling } from "./killed";

const current = databasePerTest();
const { sides } = sidesOf(current);
const stored = (name: string) => current.db.collection(name).find().toArray();

/** Both names that the file of a run can have. */
const runId = "r?1";
const one = "r_1";
const other = runId;
/** So long that each file makes a batch of its own. */
const pad = "x".repeat(600 * 1024);
const runFile = (planHash: string) => JSON.stringify(run(runId, { planHash, pad }));
const bothRuns = {
  [`state/runs/${one}.json`]: runFile(one),
  [`state/runs/${other}.json`]: runFile(other),
};

it("of two files with one key the first stays, also in the first import and far apart", async () => {
  const root = await writeState(bothRuns);
  for (const outcomes of [{ inserted: 1 }, { unchanged: 1 }]) {
    const report = await importState(sides(root));
    expect(report.runs).toEqual(importCounts(2, { ...outcomes, quarantined: 1 }));
    const [document] = await stored("pack_runs");
    expect([one, other]).toContain(document?.planHash);
    const left = document?.planHash === one ? other : one;
    expect(report.quarantine).toMatchObject([
      {
        file: `state/runs/${left}.json`,
        reason: "conflict",
        other: { file: `state/runs/${document?.planHash as string}.json` },
      },
    ]);
  }
});

it("of two files with one approval the first stays", async () => {
  const file = (summary: string) => JSON.stringify([approval("gate", { runId, summary, pad })]);
  const root = await writeState({
    [`state/approvals/${one}.json`]: file(one),
    [`state/approvals/${other}.json`]: file(other),
  });
  const report = await importState(sides(root));
  expect(report.approvals).toEqual(importCounts(2, { inserted: 1, quarantined: 1 }));
});

// Which of the two the file system lists first is not known, so each is the first once.
it.each([Object.keys(bothRuns), Object.keys(bothRuns).reverse()])(
  "the file of a record is known also where its import was killed before it was agreed: %s",
  async (first, second) => {
    const root = await writeState({ [first]: runFile(one) });
    await killedBeforeSettling(() => importState(sides(root)));
    await addFiles(root, { [second]: runFile(other) });
    const report = await importState(sides(root));
    expect(report.runs).toEqual(importCounts(2, { unchanged: 1, quarantined: 1 }));
    expect(report.quarantine).toMatchObject([{ file: second, other: { file: first } }]);
    expect(await stored("pack_runs")).toMatchObject([{ planHash: one }]);
  },
);

it("a second file replaces the first if that one is gone", async () => {
  const [first = "", second = ""] = Object.keys(bothRuns);
  const root = await writeState({ [first]: runFile(one) });
  await importState(sides(root));
  await rm(join(root, first));
  await addFiles(root, { [second]: runFile(other) });
  expect((await importState(sides(root))).runs).toEqual(importCounts(1, { updated: 1 }));
  await addFiles(root, { [first]: runFile("a third") });
  const { quarantine } = await importState(sides(root));
  expect(quarantine).toMatchObject([{ file: first, other: { file: second } }]);
});
