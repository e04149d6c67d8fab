import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allowForEngine } from "../engine/stacks";
import { blockOf } from "./page";
import { forward, makeClusterSite, type ClusterSite } from "./site";

allowForEngine();

let site: ClusterSite;
beforeAll(async () => {
  site = await makeClusterSite();
});
afterAll(() => site.remove());

const play = (title: string, number?: number) => site.done(blockOf(title, number));
const unchanged = /Resources:\n\s+\d+ unchanged\n/;
/** Waits until all four pods state a mode. */
const arrive = (mode: "filesystem" | "mongo") =>
  expect
    .poll(
      async () => [
        ...(await site.cluster.modesOf("worker")),
        ...(await site.cluster.modesOf("web")),
      ],
      { timeout: 60_000 },
    )
    .toEqual([mode, mode, mode, mode]);

it("look first: says where the services and the stack are", async () => {
  await arrive("mongo");
  const output = await play("Look first");
  // What the settings want, and what the last complete update did.
  expect(output).toMatch(/^mongo\nmongo\n/);
  expect(output).toMatch(/^taskrunner-worker +2\/2/m);
  expect(output).toContain("cutover    20");
});

const rollBack = "pulumi config set storageMode filesystem; pulumi up --skip-preview";

it("Kubernetes API down: nothing changes, and up goes on once it answers", async () => {
  const reachable = await readFile(site.kubeconfig, "utf8");
  const dead = reachable.replace(/(server: https:\/\/127\.0\.0\.1):\d+/, "$1:1");
  expect(dead).not.toBe(reachable);
  await writeFile(site.kubeconfig, dead);
  const down = await site.run(rollBack);
  expect(down.exitCode).not.toBe(0);
  expect(down.output).not.toMatch(/worker-drain (updated|created)/);
  await arrive("mongo");

  // The block waits until the API answers.
  const answers = () => void writeFile(site.kubeconfig, reachable);
  const block = blockOf("Kubernetes API down");
  await site.done(block, { at: /127\.0\.0\.1:1 was refused/, happens: answers });
  await arrive("filesystem");
});

it("Helm pending: the mark goes, and up goes on", async () => {
  await forward(site);
  await arrive("mongo");
  await site.cluster.killHelm("worker", "2");
  expect((await site.run(rollBack)).output).toContain("pending-upgrade");
  expect(await play("Helm pending")).toContain("taskrunner-worker");
  await arrive("filesystem");
});

it("rollback by hand: worker, files, then web, without Pulumi", async () => {
  await forward(site);
  await arrive("mongo");
  await play("Rollback by hand");
  expect(await site.cluster.modesOf("worker")).toEqual([]);
  const cutoverRecord = JSON.parse(
    await readFile(join(site.state, "cutover.json"), "utf8"),
  ) as object;
  expect(cutoverRecord).toHaveProperty("endedAt");
  await play("Rollback by hand", 1);
  await arrive("filesystem");
  expect(await site.cluster.replicas()).toEqual({ worker: 2, web: 2 });
  expect(await play("Rollback by hand", 2)).toContain("Export to");
});

it("back to Pulumi: the stack knows of it, and git too", async () => {
  await play("Back to Pulumi");
  await arrive("filesystem");
  expect(await site.done("pulumi stack output storageMode")).toContain("filesystem");
  expect(await site.done("pulumi preview")).toMatch(unchanged);
  expect(await site.done("git log -1 --format=%s")).toContain("Roll prod back to files");
  await forward(site);
  await arrive("mongo");
});
