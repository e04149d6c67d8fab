import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readCutoverRecord } from "../../components/state";
import { makeCheckoutSite, type CheckoutSite } from "../rollout/values/checkout";
import { installServices, startArgo, watchedSettings } from "./git-ops";
import { helmStack, type Mode } from "./stacks";
import { cutoverKinds, stepsDone } from "./steps";

const site = helmStack();
let checkout: CheckoutSite;
let argo: ReturnType<typeof startArgo>;

beforeAll(async () => {
  checkout = await makeCheckoutSite(site.stack.folder);
  await cp("tools/sample/rollout", join(checkout.checkout, "rollout"), { recursive: true });
  await checkout.git("add", "--all");
  await checkout.git("commit", "--quiet", "--message=Add the services");
  await checkout.git("push", "--quiet", "origin", "main");
  await installServices(site.cluster, join(checkout.checkout, "rollout"));
  argo = startArgo(site.cluster, (file) => checkout.onRemote("show", `main:rollout/${file}`));
});
afterAll(() => argo.stop());

const configure = (storageMode: Mode, web?: string) => {
  argo.deployed.length = 0;
  const { rollout, ...settings } = watchedSettings(site, join(checkout.checkout, "rollout"));
  const { confirm } = rollout;
  const selector = { ...confirm.selector, ...(web !== undefined && { web }) };
  const pushed = { ...rollout, confirm: { ...confirm, selector }, push: { branch: "main" } };
  return site.stack.configure({ storageMode, ...settings, rollout: pushed });
};

const modes = async () => (await site.modes()).flat();

it("a wrong selector of web stops an up without a preview before its first change, and its preview", async () => {
  await configure("mongo", "app=task-web");
  expect((await site.stack.preview()).output).toMatch(/labels app=task-web .*web would not follow/);
  const up = await site.stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).toMatch(/labels app=task-web .*web would not follow/);
  expect(stepsDone(up, cutoverKinds)).toEqual([]);
  expect(await site.cluster.replicas()).toEqual({ worker: 1, web: 2 });
  expect(await readCutoverRecord(site.root)).toBeUndefined();
});

it("a push that the server refuses stops the cutover before the drain", async () => {
  await configure("mongo");
  await checkout.refuse("main is protected");
  const up = await site.stack.up();

  expect(up.failed).toBe(true);
  expect(up.output).toMatch(/main is protected.*as before/s);
  expect(up.output).not.toContain("worker: drained");
  expect(await site.cluster.replicas()).toEqual({ worker: 1, web: 2 });
  expect(new Set(await modes())).toEqual(new Set(["filesystem"]));
  await rm(join(checkout.folder, "site.git/hooks/pre-receive"));
});

it("a cutover pushes the worker's file, then web's, also after a killed engine", async () => {
  await site.stack.killedUp(/ValuesFile taskrunner-worker creating/);
  await site.stack.cancel();
  await site.up();

  expect(argo.deployed).toEqual(["worker", "web"]);
  expect(await modes()).toEqual(["mongo", "mongo", "mongo"]);
  expect(await site.cluster.replicas()).toEqual({ worker: 1, web: 2 });
  expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
});

it("a rollback with MongoDB stopped, also after a killed engine, and another cutover follow in the same way", async () => {
  await site.server.stop();
  await configure("filesystem");
  await site.stack.killedUp(/ValuesFile taskrunner-worker updating/);
  await site.stack.cancel();
  await site.up();
  expect(argo.deployed).toEqual(["worker", "web"]);
  expect(await modes()).toEqual(["filesystem", "filesystem", "filesystem"]);
  expect(await site.cluster.replicas()).toEqual({ worker: 1, web: 2 });

  await site.server.start();
  await configure("mongo");
  await site.up();
  expect(argo.deployed).toEqual(["worker", "web"]);
  expect(await modes()).toEqual(["mongo", "mongo", "mongo"]);
  expect(await site.cluster.replicas()).toEqual({ worker: 1, web: 2 });
});
