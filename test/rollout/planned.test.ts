import { expect, it } from "vitest";
import { unknownValue } from "../../components/step";
import { defaultFolders } from "../../components/contract";
import { providers } from "../../components/rollout/provider";
import { planned } from "../planned";
import { fileInputs, inFolder } from "./values/worker-file";

const { Canary, Cutover, DrainRequest, PodsReplaced, ValuesFile, WorkerStopped } = providers;

inFolder();

const applied = { applied: true };
const forward = { direction: "forward", cutover: 1 } as const;
const back = { ...forward, direction: "back" } as const;
const at = { kubeconfig: "nowhere.yaml", namespace: "taskrunner", timeoutSeconds: 60 };

it("a first update in filesystem mode says in one line that it creates nothing in MongoDB", async () => {
  const files = { folders: defaultFolders, approvals: true };
  const first = { ...back, ...files };

  expect(await planned(Cutover, first)).toBe(
    "Filesystem mode: nothing is created in MongoDB, and worker and web stay on files.",
  );
  expect(await planned(Cutover, first, { ...forward, ...files, ...applied })).toBeUndefined();
  expect(await planned(Cutover, { ...forward, ...files })).toBeUndefined();
  expect(await planned(DrainRequest, { ...back, ...at, service: "worker" })).toBeUndefined();
  expect(await planned(PodsReplaced, { ...back, ...at, service: "web", release: "web" })).toBe(
    undefined,
  );
  expect(await planned(ValuesFile, fileInputs("filesystem"))).toBeUndefined();
});

it("a drain says which worker stops, in both directions", async () => {
  const to = (direction: object) => ({ ...direction, ...at, service: "worker" });
  const stop = "Stop worker in namespace taskrunner, until it is rolled out.";

  // No cluster says whether the worker is on MongoDB already.
  expect(await planned(DrainRequest, to(forward))).toBeUndefined();
  expect(await planned(DrainRequest, to(forward), { ...to(back), ...applied })).toBe(stop);
  expect(await planned(DrainRequest, to(back), { ...to(forward), ...applied })).toBe(stop);
  expect(await planned(DrainRequest, to(forward), { ...to(forward), ...applied })).toBe(undefined);
});

it("a rollout names its release, and how long the worker was stopped last time", async () => {
  const to = (direction: object) => ({ ...direction, ...at, service: "worker", release: "tasks" });
  const before = { ...to(back), ...applied, stoppedSeconds: 72 };

  expect(await planned(PodsReplaced, to(forward))).toBe(
    "Roll out worker in mongo mode: release tasks in namespace taskrunner.",
  );
  expect(await planned(PodsReplaced, to(forward), before)).toBe(
    "Roll out worker in mongo mode: release tasks in namespace taskrunner. It was stopped for 72 s last time.",
  );
  const another = { ...to(back), revision: unknownValue };
  expect(await planned(PodsReplaced, another, { ...to(back), ...applied })).toBe(
    "Roll out worker again in filesystem mode: release tasks in namespace taskrunner.",
  );
});

it("a values file names its service and mode, and whether it is pushed", async () => {
  const inputs = fileInputs("mongo");
  const { file } = inputs;
  const push = { branch: "main" };

  expect(await planned(ValuesFile, inputs)).toBe(`Write ${file}: worker in mongo mode.`);
  expect(await planned(ValuesFile, { ...inputs, push }, { ...inputs, ...applied })).toBe(
    `Write ${file} again and push it to branch main: worker in mongo mode.`,
  );
  expect(await planned(ValuesFile, fileInputs("filesystem"), { ...inputs, ...applied })).toBe(
    `Write ${file}: worker in filesystem mode.`,
  );
});

it("a worker that the program cannot see is stopped by you, unless the stack takes it over", async () => {
  const wait = "End here until you have stopped the worker and set rollout.workerStopped: 1.";

  expect(await planned(WorkerStopped, forward)).toBe(wait);
  expect(await planned(WorkerStopped, { ...forward, stoppedFor: 1 })).toBe(
    "Continue: you have stopped the worker (rollout.workerStopped: 1).",
  );
  expect(await planned(WorkerStopped, { ...forward, takenOver: unknownValue })).toBe(wait);
  expect(await planned(WorkerStopped, { ...forward, takenOver: "2026-11-25" })).toBeUndefined();
  // Later, a warning says it.
  const before = { ...back, ...applied };
  expect(await planned(WorkerStopped, forward, before)).toBeUndefined();
  const unknown = { ...forward, takenOver: unknownValue };
  expect(await planned(WorkerStopped, unknown, before)).toBe(wait);
  expect(await planned(WorkerStopped, back, { ...forward, ...applied })).toBeUndefined();

  const file = fileInputs("mongo");
  await ValuesFile.create(file);
  expect(await planned(WorkerStopped, { ...unknown, files: [file] })).toBeUndefined();
});

it("a canary says where its pod starts, unless web works on MongoDB", async () => {
  const unseen = { ...forward, ...at, owner: "o", environment: [] };
  const inputs = { ...unseen, seen: { isOnMongo: false } };

  expect(await planned(Canary, unseen)).toBeUndefined();
  expect(await planned(Canary, inputs)).toBe(
    "Start one pod of web on MongoDB in namespace taskrunner, then remove it.",
  );
  expect(await planned(Canary, { ...inputs, takenOver: unknownValue })).toMatch(/^Start one pod /);
  expect(await planned(Canary, { ...inputs, takenOver: "2026-11-25" })).toBeUndefined();
  const seen = { isOnMongo: true };
  const before = { ...inputs, cutover: 0, seen, ...applied };
  expect(await planned(Canary, inputs, before)).toBeUndefined();
});
