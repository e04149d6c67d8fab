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
    guarantee: "executors are found by a ConfigMap's variables too",
    file: "components/rollout/pods/executors.ts",
    find: "modeIn(pod.spec, service) ?? sourcesOf(pod).some(isStated)",
    replace: "modeIn(pod.spec, service)",
    tests: ["test/rollout/pods/executors.test.ts > by a ConfigMap too"],
  },
  {
    guarantee: "a drain of another address is another drain",
    file: "components/rollout/pods/drain.ts",
    find: "return isMoved && (state?.drains ?? 0) > 0;",
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
    tests: ["test/program.test.ts > before the check of the services"],
  },
];
