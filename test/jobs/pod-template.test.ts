import { describe, expect, it } from "vitest";
import { jobOf } from "../../components/step/jobs/manifest";
import type { JobTarget } from "../../components/step/jobs";
import { parseSettings } from "../../components/settings";
import { verificationRequest } from "./requests";

const settings = (podTemplate: object) => ({
  storageMode: "mongo",
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  backfill: { source: { persistentVolumeClaim: "state" } },
  jobs: { image: "registry.example.test/commands:1", podTemplate },
  rollout: {
    target: "helm",
    namespace: "taskrunner",
    worker: { chart: "charts/one" },
    web: { chart: "charts/one" },
  },
});

/** The pod template of a Job whose claim is on node `a`, as the settings ask for it. */
function templateWith(stated: object) {
  const { jobs } = parseSettings(settings(stated));
  if (!jobs) throw new Error("the settings have a section jobs");
  const { podTemplate } = jobs;
  const target: JobTarget = {
    namespace: "taskrunner",
    image: "commands",
    secret: { name: "mongo", key: "uri" },
    volume: { name: "state" },
    stack: "test/jobs",
    timeoutSeconds: 60,
    podTemplate,
  };
  return jobOf(target, verificationRequest, "job", ["a"]).spec?.template;
}

const container = (more: object) => ({
  spec: { containers: [{ name: "taskrunner-storage", ...more }] },
});
const onNodeA = [{ key: "metadata.name", operator: "In", values: ["a"] }];
const requiring = (nodeSelectorTerms: object[]) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
});

describe("jobs.podTemplate", () => {
  it("adds labels and annotations, and takes none of ours", () => {
    const labels = { team: "data", "taskrunner.stellaops.io/step": "other" };
    const metadata = { labels, annotations: { "sidecar.istio.io/inject": "false" } };
    expect(templateWith({ metadata })?.metadata).toMatchObject({
      labels: { team: "data", "taskrunner.stellaops.io/step": "verification" },
      annotations: { "sidecar.istio.io/inject": "false" },
    });
  });

  it("sets limits, proxy variables and the container's security context", () => {
    const limits = { memory: "1Gi" };
    const env = [{ name: "HTTPS_PROXY", value: "http://proxy:3128" }];
    const more = { env, resources: { limits }, securityContext: { runAsUser: 7 } };
    const [own] = templateWith(container(more))?.spec?.containers ?? [];
    expect(own).toMatchObject({
      resources: { requests: { memory: "256Mi" }, limits },
      securityContext: { readOnlyRootFilesystem: true, runAsUser: 7 },
    });
    const names = own?.env?.map(({ name }) => name);
    expect(names).toEqual(["HTTPS_PROXY", "TASKRUNNER_MONGO_URI"]);
    expect(own?.args).toContain("verification");
  });

  it("adds a service account, sidecars, and volumes with their mounts", () => {
    const volumes = [{ name: "token", projected: { sources: [] } }];
    const volumeMounts = [{ name: "token", mountPath: "/var/run/token", readOnly: true }];
    const own = { name: "taskrunner-storage", volumeMounts };
    const containers = [{ name: "proxy", image: "proxy:1" }, own];
    const spec = templateWith({ spec: { serviceAccountName: "mongo", volumes, containers } })?.spec;

    expect(spec).toMatchObject({
      serviceAccountName: "mongo",
      automountServiceAccountToken: false,
    });
    expect(spec?.volumes?.map(({ name }) => name)).toEqual(["token", "tmp", "request", "state"]);
    const paths = spec?.containers.map(({ volumeMounts = [] }) =>
      volumeMounts.map(({ mountPath }) => mountPath),
    );
    expect(paths).toEqual([["/var/run/token", "/tmp", "/request", "/state"], []]);
  });

  it("overrides nothing that a Job needs", () => {
    const volumeMounts = [{ name: "other", mountPath: "/state", subPath: "other" }];
    const other = {
      image: "other",
      command: ["sh"],
      args: ["-c"],
      workingDir: "/",
      volumeMounts,
    };
    const affinity = requiring([{ matchFields: [{ key: "metadata.name", operator: "In" }] }]);
    const spec = { restartPolicy: "Always", terminationGracePeriodSeconds: 900, affinity };
    const containers = [{ name: "taskrunner-storage", ...other }];
    const needed = templateWith({})?.spec;
    const made = templateWith({ spec: { ...spec, containers } })?.spec;

    for (const one of [made, needed]) {
      one?.containers[0]?.volumeMounts?.sort((a, b) => a.mountPath.localeCompare(b.mountPath));
    }
    expect(made).toEqual(needed);
  });

  it("chooses nodes, and adds to the security context", () => {
    const tolerations = [{ key: "data", operator: "Exists" }];
    const chosen = {
      nodeSelector: { pool: "data" },
      tolerations,
      priorityClassName: "high",
      imagePullSecrets: [{ name: "registry-login" }],
    };
    const securityContext = { runAsUser: 20000 };
    expect(templateWith({ spec: { ...chosen, securityContext } })?.spec).toMatchObject({
      ...chosen,
      securityContext: { runAsNonRoot: true, runAsUser: 20000 },
      affinity: requiring([{ matchFields: onNodeA }]),
    });
  });
});
