import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { clusterForTests } from "../rollout/pods/cluster";
import { commandsPerTest } from "./run";

const commands = commandsPerTest();
const pods = clusterForTests();

/** What `status` prints for these settings. */
async function status(settings: Record<string, unknown>, ...options: string[]): Promise<string> {
  const file = join(commands.location, "Pulumi.status.yaml");
  const config = Object.entries(settings).map(([key, value]) => [
    `taskrunner-storage:${key}`,
    value,
  ]);
  await writeFile(file, stringify({ config: Object.fromEntries(config) as object }));
  return (await commands.run(["status", "--settings", file, ...options])).stdout;
}

const web = ["deployment/web", "--namespace=live", "TaskRunner__Storage__Mode=mongo"];
const ofLabels = { worker: "app=worker", web: "app=web" };
const seen = () => ({
  kubernetes: { kubeconfig: pods.cluster.kubeconfig },
  rollout: { target: "values", directory: ".", confirm: { namespace: "live", selector: ofLabels } },
});

it("status says what the services work on now, whatever the settings and the state say", async () => {
  await pods.cluster.deploy("live", { mode: "mongo" });
  await pods.cluster.deploy("live", { name: "web", mode: "nothing" });
  expect(await status({ storageMode: "mongo", ...seen() })).toMatch(
    /storageMode: mongo\n {2}worker +mongo mode\n {2}web +filesystem mode\n.*different stores/,
  );

  await pods.cluster.kubectl("set", "env", ...web);
  const modes = { worker: ["mongo"], web: ["mongo"] };
  const text = await status({ storageMode: "filesystem", ...seen() });
  expect(text).toMatch(/storageMode: filesystem\n {2}worker +mongo mode\n {2}web +mongo mode$/);
  expect(JSON.parse(await status({ ...seen() }, "--json"))).toMatchObject({ services: modes });
});

it("of a worker that the program does not see, status says what the values files state", async () => {
  await cp("tools/sample/rollout", join(commands.location, "rollout"), { recursive: true });
  const rollout = { target: "values", directory: "rollout", confirm: "none" };
  expect(await status({ rollout })).toMatch(/worker +filesystem mode\n {2}web +filesystem mode$/);
});

it("a cluster that does not answer hides nothing of the database", async () => {
  const kubernetes = { kubeconfig: "none.config" };
  const text = await status({ ...seen(), kubernetes });
  expect(text).toMatch(/^Database .*\n {2}services +not seen: .*none\.config/s);
  expect(JSON.parse(await status({ ...seen(), kubernetes }, "--json"))).not.toHaveProperty(
    "services",
  );
});

it("status without a rollout looks for no services", async () => {
  expect(await status({})).toMatch(/storageMode: not set$/);
});
