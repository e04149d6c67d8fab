import type { Break } from "./breaks";

const pod = "components/rollout/canary/pod.ts";
const run = "components/rollout/canary/run.ts";
const podTest = (name: string) => `test/rollout/canary/pod.test.ts > ${name}`;
const stepTest = (name: string) => `test/rollout/canary/step.test.ts > ${name}`;

/** The pod of web that starts on MongoDB before the drain. */
export const canaryBreaks: readonly Break[] = [
  {
    guarantee: "no Service leads people to a canary",
    file: pod,
    find: 'readinessGates: [{ conditionType: "taskrunner.stellaops.io/never" }],',
    replace: "",
    tests: [podTest("has web's labels, marks of its own, and a condition that nobody sets")],
  },
  {
    guarantee: "a canary writes to no claim of the services",
    file: pod,
    find: "if (claims.includes(mount.name)) mount.readOnly = true;",
    replace: "claims.includes(mount.name);",
    tests: [podTest("mounts claims read-only, and templates of claims as empty volumes")],
  },
  {
    guarantee: "a canary is gone when its step is done",
    file: run,
    find: "    await removeCanaries(cluster, owner);\n    const left",
    replace: "    const left",
    tests: [stepTest("on a node that only plays its containers: the pod is gone afterwards")],
  },
  {
    guarantee: "a pod that may not be removed is not created",
    file: run,
    find: "    await removePod(cluster, name);\n    await cluster.createPod",
    replace: "    await cluster.createPod",
    tests: [stepTest("without the right to")],
  },
  {
    guarantee: "the canary of a killed engine is gone by the next run",
    file: "components/rollout/update/services-check.ts",
    find: "  await removeCanaries(cluster, owner);",
    replace: "",
    tests: [stepTest("one that a killed engine left makes the check of the services due")],
  },
  {
    guarantee: "a web that ignores its variables stops a cutover before the drain",
    file: "components/rollout/canary/verdict.ts",
    find: "return isConnected === false ? stop(neverConnected)",
    replace: "return isConnected === null ? stop(neverConnected)",
    tests: ["test/rollout/canary/verdict.test.ts > if it never connects"],
  },
  {
    guarantee: "a chart that changes one of our variables is refused before the drain",
    file: "components/rollout/helm/rendered.ts",
    find: "return value === wanted && valueFrom === undefined;",
    replace: "return true;",
    tests: ["test/rollout/helm/rendered.test.ts > and names no value"],
  },
  {
    guarantee: "what a canary changed in MongoDB is proven",
    file: "components/transfer/steps/verify.ts",
    find: "(inputs.canaryAt !== undefined && inputs.canaryAt !== state.canaryAt)",
    replace: "false",
    tests: ["test/transfer/proof.test.ts > is due after each import of the bulk pass"],
  },
];
