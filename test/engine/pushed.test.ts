import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readFence } from "../../components/state";
import { generateSample } from "../../tools/sample";
import { makeCheckoutSite, type CheckoutSite } from "../rollout/values/checkout";
import { makeCluster, type EngineCluster } from "./cluster";
import { installServices, startArgo, watchedSettings } from "./git-ops";
import { makeStack, type TestStack } from "./stack";
import { cutoverKinds, stepsDone } from "./steps";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;
let cluster: EngineCluster;
let site: CheckoutSite;
let argo: ReturnType<typeof startArgo>;

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  server = await borrowServer();
  cluster = await makeCluster(stack.folder);
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  site = await makeCheckoutSite(stack.folder);
  await cp("tools/sample/rollout", join(site.checkout, "rollout"), { recursive: true });
  await site.git("add", "--all");
  await site.git("commit", "--quiet", "--message=Add the services");
  await site.git("push", "--quiet", "origin", "main");
  await installServices(cluster, join(site.checkout, "rollout"));
  argo = startArgo(cluster, (file) => site.onRemote("show", `main:rollout/${file}`));
}, 25 * minutes);
afterAll(async () => {
  await argo.stop();
  await cluster.controlPlane.release();
  await server.release();
  await stack.remove();
});

const configure = (storageMode: "mongo" | "filesystem", web?: string) => {
  argo.deployed.length = 0;
  const { rollout, ...settings } = watchedSettings(
    { stack, server, cluster },
    join(site.checkout, "rollout"),
  );
  const { confirm } = rollout;
  const selector = { ...confirm.selector, ...(web !== undefined && { web }) };
  const pushed = { ...rollout, confirm: { ...confirm, selector }, push: { branch: "main" } };
  return stack.configure({ storageMode, ...settings, rollout: pushed });
};

const modes = async () => [...(await cluster.modesOf("worker")), ...(await cluster.modesOf("web"))];

/** An `up` without a preview that stops, with both services at work and nothing imported. */
async function stopsAtOnce(words: RegExp) {
  const up = await stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).toMatch(words);
  expect(stepsDone(up, cutoverKinds)).toEqual([]);
  expect(await cluster.replicas()).toEqual({ worker: 1, web: 2 });
  expect(await readFence(join(stack.folder, "state"))).toBeUndefined();
}

it(
  "a values file of a stack that was renamed stops an up without a preview before its first change",
  async () => {
    await configure("mongo");
    const file = join(site.checkout, "rollout/taskrunner-storage.worker.values.yaml");
    await writeFile(
      file,
      "# taskrunner-storage: values of stack organization/taskrunner-storage/old\n{}\n",
    );
    await stopsAtOnce(/worker\.values\.yaml .* not of stack/);
    expect((await stack.preview()).output).toMatch(/not of stack/);
    await rm(file);
  },
  4 * minutes,
);

it(
  "a wrong selector of web stops it there too, and its preview",
  async () => {
    await configure("mongo", "app=task-web");
    expect((await stack.preview()).output).toMatch(/labels app=task-web .*web would not follow/);
    await stopsAtOnce(/labels app=task-web .*web would not follow/);
  },
  4 * minutes,
);

it(
  "a push that the server refuses stops the cutover before the drain",
  async () => {
    await configure("mongo");
    await site.refuse("main is protected");
    const up = await stack.up();

    expect(up.failed).toBe(true);
    expect(up.output).toMatch(/main is protected.*as before/s);
    expect(up.output).not.toContain("worker: drained");
    expect(await cluster.replicas()).toEqual({ worker: 1, web: 2 });
    expect(new Set(await modes())).toEqual(new Set(["filesystem"]));
    await rm(join(site.folder, "site.git/hooks/pre-receive"));
  },
  4 * minutes,
);

it(
  "a cutover pushes the worker's file, then web's, also after a killed engine",
  async () => {
    await stack.killedUp(/ValuesFile taskrunner-worker creating/);
    await stack.cancel();
    const up = await stack.up();

    expect(up.failed, up.output).toBe(false);
    expect(argo.deployed).toEqual(["worker", "web"]);
    expect(await modes()).toEqual(["mongo", "mongo", "mongo"]);
    expect(await cluster.replicas()).toEqual({ worker: 1, web: 2 });
    expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
  },
  5 * minutes,
);

it(
  "a rollback with MongoDB stopped, also after a killed engine, and another cutover follow in the same way",
  async () => {
    await server.stop();
    await configure("filesystem");
    await stack.killedUp(/ValuesFile taskrunner-worker updating/);
    await stack.cancel();
    const back = await stack.up();
    expect(back.failed, back.output).toBe(false);
    expect(argo.deployed).toEqual(["worker", "web"]);
    expect(await modes()).toEqual(["filesystem", "filesystem", "filesystem"]);
    expect(await cluster.replicas()).toEqual({ worker: 1, web: 2 });

    await server.start();
    await configure("mongo");
    const again = await stack.up();
    expect(again.failed, again.output).toBe(false);
    expect(argo.deployed).toEqual(["worker", "web"]);
    expect(await modes()).toEqual(["mongo", "mongo", "mongo"]);
    expect(await cluster.replicas()).toEqual({ worker: 1, web: 2 });
  },
  8 * minutes,
);
