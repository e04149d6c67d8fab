import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { providers } from "../../components/cluster/provider";
import type { MongoServer } from "../../tools/parts";
import { serverWithLogins } from "../atlas/site";
import { startJobCluster, type JobCluster } from "./cluster";

vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let server: MongoServer;
let cluster: JobCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-in-"));
  server = await serverWithLogins(join(folder, "data"));
  cluster = await startJobCluster(folder);
});
afterAll(async () => {
  await cluster.stop();
  await server.stop();
  await rm(folder, { recursive: true });
});

it("a Job waits for the user of its Secret, and its request holds no secret", async () => {
  const uri = `mongodb://late:pw-of-user@127.0.0.1:${server.port}/runs?authSource=admin`;
  await cluster.prepare("apart", uri, join(folder, "state"));
  const inputs = { direction: "forward", uri, database: "runs", job: cluster.target("apart") };
  const logIn = providers.LogIn.create({ ...inputs, cluster: "runs" });
  const podOf = ["get", "pods", "--namespace=apart", "--output=jsonpath={.items[*].status.phase}"];
  await vi.waitFor(async () => {
    expect(await cluster.kubectl(...podOf)).toBe("Running");
  }, 60_000);
  await sleep(2_000);
  expect(await cluster.kubectl(...podOf)).toBe("Running");
  const requests = await cluster.kubectl("get", "configmaps", "--namespace=apart", "-o", "yaml");
  const admin = await new MongoClient(`mongodb://root:root@127.0.0.1:${server.port}/`).connect();
  await admin.db("admin").command({ createUser: "late", pwd: "pw-of-user", roles: [] });
  await admin.close();

  expect((await logIn).outs).toMatchObject({ uri, applied: true });
  expect(requests).toContain("request.json");
  expect(requests).not.toContain("pw-of-user");
});
