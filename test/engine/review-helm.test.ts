import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { helm } from "../../tools/parts";
import { stable } from "../review/stable";
import { makeCluster, clusterSiteValues, type EngineCluster } from "./cluster";
import { reviewed, type Review } from "./reviewed";
import { makeStack, type TestStack } from "./stack";
import { makeUser } from "./user";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;
const password = "s3cret-of-the-services";

let stack: TestStack;
let server: BorrowedServer;
let cluster: EngineCluster;
let state: string;

beforeAll(async () => {
  stack = await makeStack("prod", undefined, { kubernetes: true });
  server = await borrowServer();
  cluster = await makeCluster(stack.folder);
  await makeUser(server.uri, "taskrunner", `web:${password}@`);
  await mkdir(join(stack.folder, "var/lib"), { recursive: true });
  state = join(stack.folder, "var/lib/taskrunner");
  await generateSample(state, { runs: 132 });
}, 25 * minutes);
afterAll(async () => {
  await cluster.controlPlane.release();
  await server.release();
  await stack.remove();
});

const configure = (storageMode: "mongo" | "filesystem") =>
  stack.configure({
    storageMode,
    advanced: undefined,
    mongoUri: `${server.uri}/taskrunner`,
    appMongoUri: `mongodb://web:${password}@127.0.0.1:${server.port}/taskrunner`,
    backfill: { source: { path: state } },
    kubernetes: cluster.kubernetes,
    rollout: cluster.rollout,
  });

async function review(): Promise<Review> {
  const made = await reviewed(stack, { uri: `${server.uri}/taskrunner` });
  expect(made.body).not.toContain(password);
  return made;
}

async function stoppedSeconds(): Promise<unknown> {
  const { rollout } = (await stack.outputs()) as { rollout?: { stoppedSeconds?: unknown } };
  return rollout?.stoppedSeconds;
}

/** The gallery is read by people: `make gallery` draws it. */
const expectInGallery = (name: string, { body }: Review) =>
  expect(stable(body)).toMatchFileSnapshot(`../review/gallery/${name}.md`);

it(
  "reviews a production cutover: what stops, and what waits",
  async () => {
    await configure("filesystem");
    expect(await stack.up()).toMatchObject({ failed: false });
    await configure("mongo");
    const made = await review();

    expect(made.level).toBe("risks");
    expect(made.verdict).toMatch(/worker stops .* · \d+ unfinished runs/);
    await expectInGallery("production-cutover", made);
  },
  6 * minutes,
);

it(
  "records how long the worker was stopped, and quotes it in the next review",
  async () => {
    const up = await stack.up();
    expect(up.failed).toBe(false);
    expect(await stoppedSeconds()).toBeGreaterThan(0);
  },
  8 * minutes,
);

const helmOf = async (...args: string[]) => {
  const { kubernetes, namespace } = cluster;
  await execa(await helm(), [
    ...args,
    "--kubeconfig",
    kubernetes.kubeconfig,
    "--namespace",
    namespace,
  ]);
};

it(
  "reviews a change of the image after somebody took the worker back to files",
  async () => {
    const { worker } = clusterSiteValues;
    await helmOf("rollback", cluster.releases.worker);
    await cluster.setValues("worker", { ...worker, image: { ...worker.image, tag: "2" } });
    const made = await review();

    expect(made.level).toBe("blocked");
    expect(made.body).not.toContain("No risk");
    expect(made.body).toMatch(/Deployment taskrunner-worker is in filesystem mode/);
    await expectInGallery("changed-by-hand", made);
    await cluster.setValues("worker", worker);
    await helmOf("rollback", cluster.releases.worker);
  },
  4 * minutes,
);

it(
  "reviews an image that CI has set past the values files",
  async () => {
    const chart = [cluster.releases.worker, "examples/chart", "--set-string", "image.tag=2"];
    await helmOf("upgrade", ...chart, "--reuse-values");
    await cluster.setValues("worker", { ...clusterSiteValues.worker, replicaCount: 3 });
    const made = await review();

    expect(made.verdict).toContain("worker restarts");
    expect(made.verdict).toMatch(/1 release .*storage variables/);
    expect(made.body).toMatch(/image\.tag: 2 is live, 1 /);
    await expectInGallery("image-change", made);
  },
  4 * minutes,
);

it(
  "reviews a rollback of releases, and the next cutover with the time of the last one",
  async () => {
    await cluster.setValues("worker", clusterSiteValues.worker);
    await configure("filesystem");
    await expectInGallery("rollback-helm", await review());
    expect(await stack.up()).toMatchObject({ failed: false });
    expect(await stoppedSeconds()).toBeGreaterThan(0);

    await configure("mongo");
    expect((await review()).verdict).toContain("(last time ");
  },
  10 * minutes,
);
