// The client types its objects as classes; they are plain data.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import type * as Api from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { canariesOf, canaryPod, findPublishing } from "../../../components/rollout/canary/pod";
import { serviceEnvironment } from "../../../components/rollout";
import { serviceNames } from "../names";

const environment = serviceEnvironment("web", "forward", serviceNames);
const wanted = environment.map(({ name, value }) =>
  typeof value === "string" ? { name, value } : { name, valueFrom: value },
);
const mode = { name: "TaskRunner__Storage__Mode", value: "filesystem" };

/** Web with members of its pods' spec and of their metadata. */
const web = (spec: object, metadata: object = {}, ofSet?: object): Api.V1Deployment =>
  ({
    kind: ofSet ? "StatefulSet" : "Deployment",
    metadata: { name: "web" },
    spec: {
      template: { metadata, spec: { containers: [{ name: "main", env: [mode] }], ...spec } },
      ...ofSet,
    },
  }) as Api.V1Deployment;

const podOf = (one: Api.V1Deployment) =>
  canaryPod(one, { name: "canary", owner: "a/b/c", environment, deadlineSeconds: 660 });
const made = (...args: Parameters<typeof web>) => podOf(web(...args)) as Api.V1Pod;

describe("a canary's pod", () => {
  it("has web's labels, marks of its own, and a condition that nobody sets", () => {
    const labels = { app: "web", "pod-template-hash": "1" };
    const { metadata, spec } = made(
      { priorityClassName: "high" },
      { labels, annotations: { a: "b" } },
    );
    expect(metadata?.labels).toEqual({
      app: "web",
      "taskrunner.stellaops.io/canary-of": canariesOf("a/b/c").split("=")[1],
      "taskrunner.stellaops.io/step": "canary",
    });
    expect(metadata?.annotations).toMatchObject({
      a: "b",
      "argocd.argoproj.io/sync-options": "Prune=false",
    });
    expect(spec).toMatchObject({
      priorityClassName: "high",
      restartPolicy: "Never",
      activeDeadlineSeconds: 660,
      readinessGates: [{ conditionType: "taskrunner.stellaops.io/never" }],
    });
  });

  it("mounts claims read-only, and templates of claims as empty volumes", () => {
    const mount = (name: string) => ({ name, mountPath: `/${name}` });
    const volumeMounts = ["state", "tmp", "own"].map(mount);
    const containers = [{ name: "main", env: [mode], volumeMounts }];
    const initContainers = [{ name: "first", volumeMounts: [mount("state")] }];
    const volumes = [
      { name: "state", persistentVolumeClaim: { claimName: "state" } },
      { name: "tmp", emptyDir: {} },
    ];
    const ofSet = { volumeClaimTemplates: [{ metadata: { name: "own" } }] };
    const { spec } = made({ containers, initContainers, volumes }, {}, ofSet);
    expect(spec?.volumes).toEqual([
      { name: "state", persistentVolumeClaim: { claimName: "state", readOnly: true } },
      { name: "tmp", emptyDir: {} },
      { name: "own", emptyDir: {} },
    ]);
    const readOnly = { ...mount("state"), readOnly: true };
    expect(spec?.initContainers?.[0]?.volumeMounts).toEqual([readOnly]);
    expect(spec?.containers[0]?.volumeMounts).toEqual([readOnly, mount("tmp"), mount("own")]);
  });

  it("takes no port of its node, and stays beside no pod and away from none", () => {
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] },
    };
    const ports = [{ name: "http", containerPort: 80, hostPort: 80 }];
    const { spec } = made({
      containers: [{ name: "main", env: [mode], ports }],
      affinity: { podAntiAffinity: {}, podAffinity: {}, nodeAffinity },
      topologySpreadConstraints: [{}],
    });
    expect(spec?.containers[0]?.ports).toEqual([{ name: "http", containerPort: 80 }]);
    expect(spec?.affinity).toEqual({ nodeAffinity });
    expect(spec).not.toHaveProperty("topologySpreadConstraints");
  });
});

describe("its variables", () => {
  const other = { name: "LANG", value: "C" };
  const envOf = (pod: Api.V1Pod) =>
    [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ env }) => env);

  it("replace those of a container that states one, whatever the case of their names", () => {
    const lower = { name: "taskrunner__storage__mode", value: "filesystem" };
    const states = { name: "main", env: [other, lower] };
    const found = envOf(made({ initContainers: [states], containers: [states, { name: "log" }] }));
    expect(found).toEqual([[other, ...wanted], [other, ...wanted], undefined]);
  });

  it("go into the only container, or the default one, if none states one", () => {
    expect(envOf(made({ containers: [{ name: "main", env: [other] }] }))).toEqual([
      [other, ...wanted],
    ]);
    const containers = [{ name: "log" }, { name: "main" }];
    const annotations = { "kubectl.kubernetes.io/default-container": "main" };
    expect(envOf(made({ containers }, { annotations }))).toEqual([undefined, wanted]);
    expect(podOf(web({ containers }))).toBe(
      "none of web's containers states one of the stack's variables",
    );
  });
});

it("a Service leads people to it only if it publishes what is not ready, and selects it", () => {
  const pod = made({}, { labels: { app: "web", tier: "front" } });
  const service = (selector: object, publishNotReadyAddresses = true) =>
    ({ spec: { selector, publishNotReadyAddresses } }) as Api.V1Service;
  const found = service({ app: "web" });
  const others = [service({ app: "web" }, false), service({ app: "web", tier: "x" }), service({})];
  expect(findPublishing(others, pod)).toBe(undefined);
  expect(findPublishing([...others, found], pod)).toBe(found);
});
