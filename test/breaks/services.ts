import type { Break } from "./breaks";

/** Which services are drained, on which cluster, and what is refused before anything changes. */
export const serviceBreaks: readonly Break[] = [
  {
    guarantee: "a drain that finds no workload is refused",
    file: "components/rollout/pods/executors.ts",
    find: 'if (mode === "mongo") return absent;',
    replace: 'if (mode === "mongo") return undefined;',
    tests: ["test/rollout/pods/absent.test.ts > refuses a namespace without the service"],
  },
  {
    guarantee: "a rollback without a worker goes on only on the cluster of the stack",
    file: "components/rollout/pods/executors.ts",
    find: "if (!isKnown) return",
    replace: "if (!isKnown && isNew) return",
    tests: ["test/rollout/pods/absent.test.ts > of an uninstalled worker"],
  },
  {
    guarantee: "a pod with the worker's image and claim is an executor",
    file: "components/kubernetes/executors.ts",
    find: "isLabelled || (hasImage && hasClaim) || ",
    replace: "isLabelled || ",
    tests: ["test/rollout/pods/executors.test.ts > the worker's image and claim, unless"],
  },
  {
    guarantee: "a drain of another address is another drain",
    file: "components/rollout/pods/drain.ts",
    find: "return state?.standstill !== undefined && (isOther || hasMoved(inputs, state));",
    replace: "return false;",
    tests: ["test/rollout/pods/absent.test.ts > drains again at a corrected address"],
  },
  {
    guarantee: "a StatefulSet with a partition is not drained",
    file: "components/rollout/pods/executors.ts",
    find: "if (parted) {",
    replace: "if (parted && found.length > 1000) {",
    tests: ["test/rollout/pods/executors.test.ts > with a partition"],
  },
  {
    guarantee: "a paused Deployment is not drained",
    file: "components/rollout/pods/executors.ts",
    find: "if (paused) {",
    replace: "if (paused && found.length > 1000) {",
    tests: ["test/rollout/pods/executors.test.ts > a paused Deployment"],
  },
  {
    guarantee: "a CronJob that would execute runs is found before the drain",
    file: "components/rollout/pods/refusal.ts",
    find: 'if (starting !== undefined && mode === "mongo")',
    replace: "if (starting === undefined)",
    tests: ["test/rollout/update/services-check.test.ts > a CronJob that would execute runs"],
  },
  {
    guarantee: "another cluster than the recorded one is refused, without a preview too",
    file: "components/rollout/pods/refusal.ts",
    find: 'if (isKnown === false) return { property: "context", reason: describeOther(inputs, prior) };',
    replace: "",
    tests: ["test/rollout/update/services-check.test.ts > on another cluster"],
  },
  {
    guarantee: "nothing is changed before the check of the services",
    file: "components/task-runner-storage.ts",
    find: 'new MongoCluster("mongo", settings, after(update))',
    replace: 'new MongoCluster("mongo", settings)',
    tests: ["test/program/order.test.ts > before the check of the services"],
  },
  {
    guarantee: "files are not imported over what services on MongoDB did that a stack takes over",
    file: "components/transfer/steps/import.ts",
    find: "if (inputs.takenOver) return {};",
    replace: "",
    tests: ["test/transfer/taken-over.test.ts > nothing of the files is imported"],
  },
  {
    guarantee: "no fence is drawn beside a worker that nobody drained",
    file: "components/transfer/steps/handover.ts",
    find: "if (stoppedAt === undefined) throw new Unfinished([neverDrained]);",
    replace: "",
    tests: ["test/transfer/taken-over.test.ts > gets no fence"],
  },
];
