import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { runJob, type JobTarget } from "../../components/step/jobs";
import { requestLimit } from "../../components/step/jobs/target";

/** A target on a cluster that is not there. */
async function target(): Promise<JobTarget> {
  const folder = await mkdtemp(join(tmpdir(), "request-limit-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const kubeconfig = join(folder, "kubeconfig");
  const text = stringify({
    "current-context": "nowhere",
    clusters: [{ name: "nowhere", cluster: { server: "https://127.0.0.1:1" } }],
    contexts: [{ name: "nowhere", context: { cluster: "nowhere", user: "nobody" } }],
    users: [{ name: "nobody", user: {} }],
  });
  await writeFile(kubeconfig, text);
  return {
    ...{ kubeconfig, namespace: "storage", image: "commands", podTemplate: {} },
    secret: { name: "mongo", key: "connectionString" },
    ...{ parallelism: 1, stack: "test/prod", timeoutSeconds: 1 },
  };
}

it("the limit of a request counts bytes, as a ConfigMap does", async () => {
  const asked = { kind: "verification", direction: "forward" } as const;
  const run = async (request: string) => runJob(await target(), { ...asked, request });
  const half = requestLimit / 2;

  await expect(run("é".repeat(half) + "x")).rejects.toThrow(
    "The request of verification has 262145 bytes, and a ConfigMap takes at most 262144.",
  );
  // It fits, so the cluster is asked.
  await expect(run("é".repeat(half))).rejects.toThrow(/^Kubernetes: /);
});
