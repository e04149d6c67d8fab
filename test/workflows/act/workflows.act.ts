import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repository } from "../../../tools/parts";
import { makeCluster } from "../../engine/cluster";
import { installServices, startArgo, watchedRollout } from "../../engine/git-ops";
import type { RunOptions } from "./runner";
import { makeActSite, type ActSite } from "./site";

const minutes = 60_000;

let site: ActSite;
beforeAll(async () => {
  site = await makeActSite();
}, 40 * minutes);
afterAll(() => site.remove());

/** A violation as the engine prints it in a job, whatever its colours. */
const policyLine = (stack: string, level: string, policy: string) =>
  new RegExp(`${stack}[^\\n]*\\[${level}\\][^\\n]* ${policy} `);

interface Text {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: string;
  readonly head: { readonly ref: string; readonly sha: string };
}

const rollback = (inputs: Readonly<Record<string, string>>) =>
  site.run("workflow_dispatch", "rollback.yml", {
    event: { inputs: { stack: "staging", ...inputs } },
  });
const up = (options?: RunOptions) => site.run("push", "up.yml", options);

it(
  "preview writes one comment a stack on the pull request",
  async () => {
    await site.git("checkout", "--quiet", "-b", "change");
    const sha = await site.push("a change");
    const proposed = { head: "change", base: "main", title: "a change" };
    const { number } = await site.repository.ask<Text>("pulls", "POST", proposed);
    const repo = { full_name: site.repository.fullName };
    const pull_request = {
      number,
      head: { ref: "change", sha, repo },
      base: { ref: "main", repo },
    };
    const run = await site.run("pull_request", "preview.yml", { event: { number, pull_request } });
    await site.git("checkout", "--quiet", "main");

    const comments = await site.repository.ask<Text[]>(`issues/${number}/comments`);
    expect(comments.map(({ body }) => body.split("\n")[0]).sort()).toEqual([
      "<!-- taskrunner-storage:prod -->",
      "<!-- taskrunner-storage:staging -->",
    ]);
    // Staging may break the policies of production, which are advice there.
    expect(run.output).toMatch(policyLine("prod", "mandatory", "validation-error"));
    expect(run.output).toMatch(policyLine("staging", "advisory", "validation-error-advice"));
  },
  20 * minutes,
);

it(
  "a repository without stacks skips all of it, except a rollback that somebody asks for",
  async () => {
    const vars = { STACKS: "" };
    for (const [event, name] of [
      ["push", "up.yml"],
      ["schedule", "drift.yml"],
    ] as const) {
      const run = await site.run(event, name, { vars });
      expect(run.failed).toBe(false);
      expect(run.output).not.toMatch(/Run Main|pulumi/);
    }
    const event = { inputs: { stack: "staging" } };
    const asked = await site.run("workflow_dispatch", "rollback.yml", { event, vars });
    expect(asked.failed).toBe(true);
    expect(asked.output).toContain("STACKS");
    expect(asked.output).not.toContain("pulumi preview");
  },
  10 * minutes,
);

it(
  "up with a stack that has no job takes none up",
  async () => {
    const run = await up({ vars: { STACKS: '["staging", "prod", "c", "d", "e"]' } });
    expect(run.failed).toBe(true);
    expect(run.output).toContain("STACKS names more than four stacks");
    expect(run.output).not.toContain("pulumi preview");
  },
  10 * minutes,
);

it(
  "up that is cancelled leaves the state locked",
  async () => {
    await up({ killAt: { stack: "staging", step: "handover" } });
    const again = await up();

    expect(again.failed).toBe(true);
    expect(again.output).toContain("currently locked");
  },
  20 * minutes,
);

it(
  "a rollback unlocks it, goes back and pushes a branch; up with settings that are stale is refused",
  async () => {
    const run = await rollback({ unlock: "true", arguments: "--continue-on-error" });
    expect(run.failed).toBe(false);
    expect(await site.outputs("staging")).toMatchObject({ storageMode: "filesystem", cutover: 2 });
    const refused = await up();
    expect(refused.failed).toBe(true);
    expect(refused.output).toMatch(/Cutover 1 .* rolled back on /);
    const head = "taskrunner-storage/filesystem-staging";
    const asked = { head, base: "main", title: "staging: storageMode filesystem" };
    const { number } = await site.repository.ask<Text>("pulls", "POST", asked);
    await site.repository.ask(`pulls/${number}/merge`, "POST", { Do: "merge" });
    await site.git("pull", "--quiet", "origin", "main");
  },
  30 * minutes,
);

it(
  "up takes staging to MongoDB, and stops before prod where a policy is broken",
  async () => {
    const { storageMode } = await site.outputs("staging");
    expect(storageMode).toBe("filesystem");
    await site.setMode("staging", "mongo", 2);
    await site.push("forward");
    const run = await up();

    expect(await site.outputs("staging")).toMatchObject({
      storageMode: "mongo",
      verification: { holds: true },
    });
    expect(run.failed).toBe(true);
    expect(run.output).toMatch(policyLine("prod", "mandatory", "validation-error"));
    expect(await site.outputs("prod")).toEqual({});
  },
  30 * minutes,
);

it(
  "drift is red for what was changed by hand, and says what",
  async () => {
    const client = await new MongoClient(`${site.database.uri}/staging`).connect();
    await client.db("staging").dropCollection("pack_artifacts");
    await client.close();
    const run = await site.run("workflow_dispatch", "drift.yml");

    expect(run.failed).toBe(true);
    expect(run.output).toContain("Stack staging is not proven to be as its settings say");
  },
  20 * minutes,
);

it(
  "up pushes the values files of a stack whose services GitOps deploys",
  async () => {
    const cluster = await makeCluster(site.machine);
    const folder = join(site.folder, "rollout");
    await cp(join(repository, "tools/sample/rollout"), folder, { recursive: true });
    await installServices(cluster, folder);
    const rollout = { ...watchedRollout(cluster, "rollout"), push: { branch: "main" } };
    const { kubeconfig } = cluster.controlPlane;
    await site.addStack("gitops", { kubernetes: { kubeconfig }, rollout });
    await site.push("a stack with Argo CD");
    const argo = startArgo(cluster, async (file) => {
      await site.git("fetch", "--quiet", "origin", "main");
      return site.git("show", `FETCH_HEAD:rollout/${file}`);
    });
    const run = await site.run("push", "up.yml", { vars: { STACKS: '["gitops"]' } });
    await argo.stop();

    expect(run.failed, run.output).toBe(false);
    expect(argo.deployed).toEqual(["worker", "web"]);
    const modes = [await cluster.modesOf("worker"), await cluster.modesOf("web")];
    expect(new Set(modes.flat())).toEqual(new Set(["mongo"]));
    expect(await site.outputs("gitops")).toMatchObject({
      storageMode: "mongo",
      verification: { holds: true },
    });
    await cluster.controlPlane.release();
  },
  30 * minutes,
);
