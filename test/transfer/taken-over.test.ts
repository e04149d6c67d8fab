import { expect, it } from "vitest";
import { readFence } from "../../components/state";
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
const { BulkPass, Handover, FinalPass, Proof } = providers;

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

const inputs = ({ fence }: Outs) =>
  stack.inputs({ takenOver: fence?.at, stoppedAt: undefined, drainSnapshot: { workloads: {} } });

it("services that are taken over keep their fence, and nothing of the files is imported", async () => {
  const former = await losesState();
  const before = await stack.runs.find().toArray();
  expect((await BulkPass.create(inputs(former))).outs).toMatchObject({
    applied: true,
    report: null,
    importedAt: null,
  });
  await Proof.create(inputs(former));
  const handover = await runStep(undefined, inputs(former), Handover);
  await FinalPass.create({ ...inputs(former), fencedAt: former.fence?.at });

  expect(handover.fence).toMatchObject({ at: former.fence?.at });
  expect(await readFence(stack.root)).toEqual(handover.fence);
  expect(await stack.runs.find().toArray()).toEqual(before);

  const back = stack.toFiles({ takenOver: former.fence?.at });
  expect(await runStep(handover, back, Handover)).toMatchObject({
    rollback: { exported: { runs: { written: 1 } } },
  });
  expect(JSON.parse((await stack.files())["state/runs/busy.json"] ?? "")).toMatchObject(finished);
});

it("a cutover that never came to its final pass gets it: web wrote files since the fence", async () => {
  const former = await losesState(false);
  await BulkPass.create(inputs(former));
  await runStep(undefined, inputs(former), Handover);
  expect(await stack.runs.countDocuments({ _id: "late" })).toBe(0);
  await FinalPass.create({ ...inputs(former), fencedAt: former.fence?.at });
  expect(await stack.runs.countDocuments({ _id: "late" })).toBe(1);
});

it("a worker on MongoDB that nobody drained or took over gets no fence", async () => {
  await addFiles(stack.root, sampleFiles);
  const live = stack.inputs({ stoppedAt: undefined, drainSnapshot: { workloads: {} } });
  const stopped: unknown = await Handover.create(live).catch((error: unknown) => error);
  expect(stopped).toMatchObject({
    reasons: [expect.stringMatching(/No fence was drawn.*export --all.*storageMode: filesystem/)],
  });
  expect(await readFence(stack.root)).toBeUndefined();
});
