import { expect, it } from "vitest";
import { readCutoverRecord } from "../../components/state";
import { providers } from "../../components/transfer/provider";
import {
  RollbackStack,
  finished,
  runStep,
  running,
  sampleFiles,
  type Outs,
} from "./rollback-stack";
import { addFiles, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, Handover, FinalPass, FirstVerification } = providers;

/** What a stack finds that lost its state after a cutover, and files that an import would read. */
async function losesState(isFinished = true): Promise<Outs> {
  const former = await stack.cutover();
  if (isFinished) await stack.finalPass(former);
  await stack.change("busy", finished);
  await addFiles(stack.root, {
    "state/runs/late.json": run("late", running),
    "state/runs/slow.json": run("slow", {
      ...running,
      updatedAt: "2025-12-06T10:05:00Z",
      requestedBy: "files",
    }),
  });
  return former;
}

const inputs = ({ cutoverRecord }: Outs) =>
  stack.inputs({
    takenOver: cutoverRecord?.at,
    stoppedAt: undefined,
    drainSnapshot: { workloads: {} },
  });

it("services that are taken over keep their record, and nothing of the files is imported", async () => {
  const former = await losesState();
  const before = await stack.runs.find().toArray();
  expect((await BulkPass.create(inputs(former))).outs).toMatchObject({
    applied: true,
    report: null,
    importedAt: null,
  });
  await FirstVerification.create(inputs(former));
  const handover = await runStep(undefined, inputs(former), Handover);
  await FinalPass.create({ ...inputs(former), cutoverAt: former.cutoverRecord?.at });

  expect(handover.cutoverRecord).toMatchObject({ at: former.cutoverRecord?.at });
  expect(await readCutoverRecord(stack.root)).toEqual(handover.cutoverRecord);
  expect(await stack.runs.find().toArray()).toEqual(before);

  const back = stack.toFiles({ takenOver: former.cutoverRecord?.at });
  expect(await runStep(handover, back, Handover)).toMatchObject({
    rollback: { exported: { runs: { written: 1 } } },
  });
  expect(JSON.parse((await stack.files())["state/runs/busy.json"] ?? "")).toMatchObject(finished);
});

it("a stack that lost only the drain and the handover keeps the record too", async () => {
  const former = await losesState();
  const before = await stack.runs.find().toArray();
  const handover = await runStep(undefined, { ...inputs(former), takenOver: "" }, Handover);
  expect(handover.cutoverRecord).toMatchObject({ at: former.cutoverRecord?.at });
  expect(await stack.runs.find().toArray()).toEqual(before);
});

it("a cutover that never came to its final pass gets it: web wrote files since the handover", async () => {
  const former = await losesState(false);
  await BulkPass.create(inputs(former));
  await runStep(undefined, inputs(former), Handover);
  expect(await stack.runs.countDocuments({ _id: "late" })).toBe(0);
  await FinalPass.create({ ...inputs(former), cutoverAt: former.cutoverRecord?.at });
  expect(await stack.runs.countDocuments({ _id: "late" })).toBe(1);
});

it("a web on files gets a final pass with the stack that takes it over", async () => {
  const former = await losesState();
  const cutoverAt = former.cutoverRecord?.at;
  const webOnFilesAt = new Date().toISOString();
  await FinalPass.create({ ...inputs(former), cutoverAt, webOnFilesAt });
  expect(await stack.runs.countDocuments({ _id: "late" })).toBe(1);
  expect((await readCutoverRecord(stack.root))?.finalPassAt).toMatch(/^\d{4}-/);
});

it("a worker on MongoDB that nobody drained or took over gets no record", async () => {
  await addFiles(stack.root, sampleFiles);
  const live = stack.inputs({ stoppedAt: undefined, drainSnapshot: { workloads: {} } });
  const stopped: unknown = await Handover.create(live).catch((error: unknown) => error);
  expect(stopped).toMatchObject({
    reasons: [expect.stringMatching(/recorded no cutover.*export --all.*storageMode: filesystem/)],
  });
  expect(await readCutoverRecord(stack.root)).toBeUndefined();
});
