import { mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readCutoverRecord } from "../../components/state";
import { importState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { addFiles, run } from "./state";
import {
  RollbackStack,
  stoppedBy,
  finished,
  runStep,
  running,
  sampleFiles,
} from "./rollback-stack";

const stack = new RollbackStack();
const { BulkPass, Handover, FirstVerification } = providers;
const busy = "state/runs/busy.json";

it.each([
  ["a file that the killed worker left empty", ""],
  ["a run that the contract refuses now", JSON.stringify(run("busy", { ...running, plan: 1 }))],
])("no cutover is recorded over %s", async (_what, text) => {
  await addFiles(stack.root, sampleFiles);
  await BulkPass.create(stack.inputs());
  await writeFile(join(stack.root, busy), text);
  expect(await importState(stack.sides)).toMatchObject({ unfinishedRuns: 2 });
  const stopped = await stoppedBy(Handover.create(stack.inputs()));
  expect(stopped).toMatchObject({
    properties: { applied: false },
    reasons: [expect.stringMatching(/: 1 run .*state\/runs\/busy\.json/)],
  });
  // Both ways out.
  expect(stopped.reasons[0]).toMatch(/pulumi up.*storageMode filesystem/);
  expect(await readCutoverRecord(stack.root)).toBeUndefined();
  expect(await stack.db.collection("schema_migrations").findOne()).not.toHaveProperty("cutoverAt");

  await addFiles(stack.root, { [busy]: run("busy", finished) });
  const { properties } = stopped;
  expect((await Handover.update("id", properties, stack.inputs())).outs).toMatchObject({
    applied: true,
    cutoverRecord: { unfinishedCount: 1 },
  });
  expect(await readFile(join(stack.root, "cutover.json"), "utf8")).toContain("unfinishedCount");
});

it("no cutover is recorded over a file that was set back to an older state", async () => {
  const older = JSON.stringify(run("busy", running));
  const newer = run("busy", { ...finished, updatedAt: "2025-11-06T10:05:00Z" });
  await addFiles(stack.root, { ...sampleFiles, [busy]: newer });
  await BulkPass.create(stack.inputs());
  await writeFile(join(stack.root, busy), older);
  const stopped = await stoppedBy(Handover.create(stack.inputs()));
  expect(stopped.reasons[0]).toContain("state/runs/busy.json");
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(finished);
  expect(await readCutoverRecord(stack.root)).toBeUndefined();
});

it.each([
  ["a folder", (path: string) => mkdir(path)],
  ["a link", (path: string) => symlink(join(stack.root, busy), path)],
])(
  "%s below the runs or approvals stops a cutover before the drain, and is named in a rollback",
  async (_what, make) => {
    await stack.cutover();
    const name = "state/runs/tenant-a.json";
    await make(join(stack.root, name));
    await mkdir(join(stack.root, "state/approvals/2025"), { recursive: true });
    await mkdir(join(stack.root, "state/runs/lost+found"));
    await mkdir(join(stack.root, "logs/runs/2025"));
    await BulkPass.create(stack.toFiles());
    expect(stack.printed.join("\n")).toMatch(
      /not state.*logs\/runs\/2025[^]*no import.*state\/runs\/tenant-a/,
    );

    await rm(join(stack.root, "cutover.json"));
    const stopped = await stoppedBy(BulkPass.create(stack.inputs({ cutover: 2 })));
    expect(stopped.reasons).toEqual([
      expect.stringMatching(
        /state\/runs\/tenant-a\.json, state\/approvals\/2025.* No service was stop/,
      ),
    ]);
    expect(stopped.reasons[0]).not.toContain("lost+found");
  },
);

/** A bulk pass after which the files of an unfinished and of a finished run go. */
async function loseFiles() {
  await addFiles(stack.root, sampleFiles);
  await BulkPass.create(stack.inputs());
  for (const name of [busy, "state/runs/done.json"]) await rm(join(stack.root, name));
}

it.each([
  ["the first verification", FirstVerification, /No service was stopped/],
  ["the handover", Handover, /storageMode filesystem/],
] as const)(
  "%s stops at an unfinished run whose file is gone since an import",
  async (_what, step, ways) => {
    await loseFiles();
    const stopped = await stoppedBy(step.create(stack.toVerifyFirst()));
    expect(stopped.reasons).toEqual([expect.stringMatching(/: 1 run .*: busy \(no file, unf/)]);
    expect(stopped.reasons[0]).toMatch(ways);
    expect(await readCutoverRecord(stack.root)).toBeUndefined();

    await stack.runs.deleteOne({ _id: "busy" });
    expect((await step.update("id", stopped.properties, stack.toVerifyFirst())).outs).toMatchObject(
      {
        applied: true,
      },
    );
  },
);

it("a run is not missing whose file is there again, has another of its names, or is held", async () => {
  const files = join(stack.root, "state/runs");
  await addFiles(stack.root, { "state/runs/a:b.json": run("a:b", running) });
  await loseFiles();
  await mkdir(join(stack.root, "held/f/state/runs"), { recursive: true });
  await rename(join(files, "slow.json"), join(stack.root, "held/f/state/runs/slow.json"));
  await rename(join(files, "a:b.json"), join(files, "a_b.json"));
  await addFiles(stack.root, { [busy]: run("busy", running) });
  for (const step of [FirstVerification, Handover]) {
    expect((await step.create(stack.toVerifyFirst())).outs).toMatchObject({
      report: { unfinished: { compared: 2, held: 1, unequal: { count: 0 } } },
    });
  }
});

it.each([
  ["", true],
  [", also if the rollback before could not export", false],
])(
  "a rollback of a cutover that stopped before it was recorded exports nothing%s",
  async (_, isUp) => {
    const uri = isUp ? stack.inputs().uri : undefined;
    const back = await stack.rollBack(await stack.cutover(), { uri });
    await stack.exportByHand();
    const later = { cutover: 2, stoppedAt: "2" };
    await BulkPass.create(stack.inputs(later));
    const known = await stack.runs.findOne({ _id: "busy" });
    await stack.runs.insertOne({ ...known, _id: "stranger", updatedAt: new Date() });
    const stopped = await stoppedBy(runStep(back, stack.inputs(later)));
    expect(stopped.reasons).toEqual([expect.stringMatching(/: stranger \(no file, unfinished/)]);
    const again = await stack.rollBack(stopped.properties, later);
    expect(again).toMatchObject({ applied: true, direction: "back", rollback: back.rollback });
    expect(await stack.files()).toEqual(sampleFiles);
  },
);
