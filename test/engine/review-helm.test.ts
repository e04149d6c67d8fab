import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { stable } from "../review/stable";
import { clusterSiteValues } from "./cluster";
import { reviewed, type Review } from "./reviewed";
import { helmStack, type Mode } from "./stacks";
import { makeUser } from "./user";

const password = "s3cret-of-the-services";

const site = helmStack({ name: "prod", runs: 0 });
let state: string;
beforeAll(async () => {
  await makeUser(site.server.uri, "taskrunner", `web:${password}@`);
  await mkdir(join(site.stack.folder, "var/lib"), { recursive: true });
  state = join(site.stack.folder, "var/lib/taskrunner");
  await generateSample(state, { runs: 132 });
});

const configure = (storageMode: Mode) =>
  site.configure(storageMode, {
    advanced: undefined,
    appMongoUri: `mongodb://web:${password}@127.0.0.1:${site.server.port}/taskrunner`,
    backfill: { source: { path: state } },
  });

async function review(): Promise<Review> {
  const made = await reviewed(site.stack, { uri: `${site.server.uri}/taskrunner` });
  expect(made.body).not.toContain(password);
  return made;
}

async function stoppedSeconds(): Promise<unknown> {
  const { rollout } = (await site.stack.outputs()) as { rollout?: { stoppedSeconds?: unknown } };
  return rollout?.stoppedSeconds;
}

/** The gallery is read by people: `make gallery` draws it. */
const expectInGallery = (name: string, { body }: Review) =>
  expect(stable(body)).toMatchFileSnapshot(`../review/gallery/${name}.md`);

it("reviews a production cutover: what stops, and what waits", async () => {
  await configure("filesystem");
  await site.up();
  await configure("mongo");
  const made = await review();

  expect(made.level).toBe("risks");
  expect(made.headline).toMatch(/the worker stops, web stays up$/);
  expect(made.verdict).toMatch(/^✅ .*worker stops .* · \d+ unfinished runs/);
  await expectInGallery("production-cutover", made);
});

it("records how long the worker was stopped, and quotes it in the next review", async () => {
  await site.up();
  expect(await stoppedSeconds()).toBeGreaterThan(0);
});

it("reviews a change of the image after somebody took the worker back to files", async () => {
  const { worker } = clusterSiteValues;
  await site.cluster.helm("rollback", site.cluster.releases.worker);
  await site.cluster.setValues("worker", { ...worker, image: { ...worker.image, tag: "2" } });
  const made = await review();

  expect(made.level).toBe("blocked");
  expect(made.body).not.toContain("No risk");
  expect(made.body).toMatch(/Deployment taskrunner-worker is in filesystem mode/);
  await expectInGallery("changed-by-hand", made);
  await site.cluster.setValues("worker", worker);
  await site.cluster.helm("rollback", site.cluster.releases.worker);
});

it("reviews an image that CI has set past the values files", async () => {
  const chart = [site.cluster.releases.worker, "examples/chart", "--set-string", "image.tag=2"];
  await site.cluster.helm("upgrade", ...chart, "--reuse-values");
  await site.cluster.setValues("worker", { ...clusterSiteValues.worker, replicaCount: 3 });
  const made = await review();

  expect(made.verdict).toContain("worker restarts");
  expect(made.verdict).toMatch(/1 release .*storage variables/);
  expect(made.body).toMatch(/image\.tag: 2 is live, 1 /);
  await expectInGallery("image-change", made);
});

it("reviews a rollback of releases, and the next cutover with the time of the last one", async () => {
  await site.cluster.setValues("worker", clusterSiteValues.worker);
  await configure("filesystem");
  await expectInGallery("rollback-helm", await review());
  await site.up();
  expect(await stoppedSeconds()).toBeGreaterThan(0);

  await configure("mongo");
  expect((await review()).verdict).toMatch(/about .* s, as the last time/);
});
