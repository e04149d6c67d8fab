import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { ownKubelet } from "../../tools/parts";
import { type Image, type Kubelet, startKubelet } from "../kubelet";
import { makeCluster, clusterSiteValues, type EngineCluster } from "./cluster";
import { makeStack, type EngineRun, type TestStack } from "./stack";
import { stepsDone } from "./steps";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;
let cluster: EngineCluster;
let kubelet: Kubelet;

/** What the tests' kubelet knows; any other image cannot be pulled. */
const images = new Map<string, Image>();
const sleeping = { entrypoint: ["/bin/sleep", "infinity"] };
const both = { worker: 2, web: 2 };
const onFiles = ["filesystem", "filesystem"];
const onMongo = ["mongo", "mongo"];

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  server = await borrowServer();
  cluster = await makeCluster(stack.folder);
  kubelet = await startKubelet({ kubeconfig: cluster.controlPlane.kubeconfig, images });
  for (const image of ["worker:1", "worker:2", "web:1", "web:2"]) {
    images.set(`example.test/${image}`, sleeping);
  }
  images.set("example.test/worker:unready", { ...sleeping, trouble: "neverReady" });
  await generateSample(join(stack.folder, "state"), { runs: 10 });
}, 25 * minutes);
afterAll(async () => {
  await kubelet.stop();
  await cluster.controlPlane.release();
  await server.release();
  await stack.remove();
});

const configure = (storageMode: "mongo" | "filesystem", timeoutSeconds = 60) =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: cluster.kubernetes,
    rollout: { ...cluster.rollout, timeoutSeconds },
  });
/** A site's values with pods of the tests' kubelet, and another image. */
const setTag = (service: "worker" | "web", tag: string) => {
  const values = clusterSiteValues[service];
  return cluster.setValues(service, {
    ...values,
    image: { ...values.image, tag },
    podAnnotations: { [ownKubelet.name]: ownKubelet.value },
    terminationGracePeriodSeconds: 1,
  });
};
const restartServer = async () => {
  await server.start();
};
/** The steps that began, of those after which nothing may be done. */
const begun = ({ output }: EngineRun) =>
  ["worker-pods", "web-pods", "final-pass", "verification"].filter((step) =>
    new RegExp(`${step} (created|updated|updating|creating)`).test(output),
  );

describe("a drain whose pods do not go", () => {
  it(
    "begins with both services on files",
    async () => {
      await setTag("worker", "1");
      await setTag("web", "1");
      await configure("filesystem");

      expect(await stack.up()).toMatchObject({ failed: false });
      expect(await cluster.modesOf("worker")).toEqual(onFiles);
    },
    3 * minutes,
  );

  it(
    "stops the cutover with the names of the pods that remain and why",
    async () => {
      images.set("example.test/worker:1", { ...sleeping, trouble: "undying" });
      const pods = await cluster.podsOf("worker");
      await configure("mongo", 5);
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toContain(
        "worker was not drained after 5 s, in namespace taskrunner of context local:",
      );
      for (const pod of pods) {
        expect(up.output).toMatch(
          new RegExp(`pod ${pod}: terminating for \\d+ s, since .*, with a grace period of 1 s`),
        );
      }
      expect(begun(up)).toEqual([]);
      expect(await cluster.modesOf("web")).toEqual(onFiles);
      expect(await cluster.replicas()).toEqual({ worker: 0, web: 2 });
    },
    3 * minutes,
  );

  it(
    "is abandoned with MongoDB stopped: the worker has its replicas back",
    async () => {
      await server.stop();
      await configure("filesystem");

      expect(await stack.up()).toMatchObject({ failed: false });
      expect(await cluster.replicas()).toEqual(both);
      images.set("example.test/worker:1", sleeping);
      await expect.poll(() => cluster.modesOf("worker"), { timeout: 20_000 }).toEqual(onFiles);
    },
    3 * minutes,
  );

  it(
    "is undone as well where the engine was killed in it",
    async () => {
      await restartServer();
      images.set("example.test/worker:1", { ...sleeping, trouble: "undying" });
      await configure("mongo");
      await stack.killedUp(/worker: \d+ to go: .*terminating/);
      expect((await cluster.replicas()).worker).toBe(0);

      await server.stop();
      await configure("filesystem");
      expect((await stack.up()).output).toContain("with `pulumi cancel`");
      await stack.cancel();
      expect(await stack.up()).toMatchObject({ failed: false });
      expect(await cluster.replicas()).toEqual(both);
      images.set("example.test/worker:1", sleeping);
      await expect.poll(() => cluster.modesOf("worker"), { timeout: 20_000 }).toEqual(onFiles);
    },
    3 * minutes,
  );
});

describe("a document that is gone since its file was imported", () => {
  it(
    "stops the cutover before the drain, with both services on files",
    async () => {
      await restartServer();
      const client = await new MongoClient(server.uri).connect();
      const runs = client.db("taskrunner").collection("pack_runs");
      const gone = await runs.findOneAndDelete({});
      await client.close();
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toContain(
        `1 of 10 runs on disk is not in MongoDB: ${String(gone?._id)}. These files have not changed`,
      );
      expect(stepsDone(up, ["BulkPass", "Proof", "DrainRequest", "Drain"])).toEqual([
        "BulkPass bulk-pass",
      ]);
      for (const service of ["worker", "web"] as const) {
        expect(await cluster.modesOf(service)).toEqual(onFiles);
      }
      expect(await cluster.replicas()).toEqual(both);
      await server.stop();
    },
    3 * minutes,
  );
});

describe("a worker whose new pods are never ready", () => {
  it(
    "stops the cutover before web",
    async () => {
      await restartServer();
      const web = await cluster.podsOf("web");
      await setTag("worker", "unready");
      await configure("mongo", 6);
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toContain("The rollout of worker to mongo mode is incomplete");
      expect(up.output).toMatch(/pod \S+: Running, not ready/);
      expect(begun(up)).toEqual(["worker-pods"]);
      expect(await cluster.podsOf("web")).toEqual(web);
      expect(await cluster.modesOf("web")).toEqual(onFiles);
      expect(await cluster.modesOf("worker")).toEqual(onMongo);
      expect(await cluster.replicas()).toEqual(both);
    },
    3 * minutes,
  );
});

describe("a worker that never got ready on MongoDB", () => {
  it(
    "goes back to files with MongoDB stopped, and web stays as it was",
    async () => {
      const web = await cluster.podsOf("web");
      await server.stop();
      // What kept it from getting ready was MongoDB.
      images.set("example.test/worker:unready", sleeping);
      await configure("filesystem");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(await cluster.modesOf("worker")).toEqual(onFiles);
      expect(await cluster.replicas()).toEqual(both);
      expect(await cluster.podsOf("web")).toEqual(web);
    },
    3 * minutes,
  );
});

describe("web that fails after the worker's rollout", () => {
  it(
    "says which service is in which mode where Helm refuses web's release",
    async () => {
      await restartServer();
      await setTag("worker", "2");
      // The chart's schema allows it, and the API server does not.
      const resources = { requests: { cpu: "many" } };
      await cluster.setValues("web", { ...clusterSiteValues.web, resources });
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toContain("quantities must match");
      expect(up.output).toContain("worker: taskrunner-worker is in mongo mode, 2 ready");
      expect(up.output).toContain("worker: web is next.");
      expect(up.output).toContain("or set storageMode: filesystem and run pulumi up");
      expect(begun(up)).toEqual(["worker-pods"]);
      expect(await cluster.modesOf("worker")).toEqual(onMongo);
      expect(await cluster.modesOf("web")).toEqual(onFiles);
    },
    3 * minutes,
  );

  it(
    "says so where web's image cannot be pulled, and both ways out",
    async () => {
      await setTag("web", "gone");
      await configure("mongo", 8);
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toContain('ErrImagePull, failed to pull image "example.test/web:gone"');
      expect(up.output).toMatch(/old pod \S+: running and ready\. It ends when the new pods are/);
      expect(up.output).toContain("The worker is in mongo mode");
      expect(up.output).toContain(
        "pods of web may still be in filesystem mode. Either fix the cause",
      );
      expect(up.output).toContain("storageMode: filesystem");
      expect(begun(up)).not.toContain("final-pass");
      expect(await cluster.modesOf("worker")).toEqual(onMongo);
    },
    3 * minutes,
  );

  it(
    "goes on to a verified cutover once its values are mended",
    async () => {
      await setTag("web", "2");
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed).toBe(false);
      expect(up.output).not.toContain("drained, all pods are gone");
      expect(await cluster.modesOf("web")).toEqual(onMongo);
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    3 * minutes,
  );
});

describe("a Helm that was killed in the middle of the worker's upgrade", () => {
  beforeAll(async () => {
    await configure("filesystem");
    expect(await stack.up()).toMatchObject({ failed: false });
  }, 3 * minutes);

  const takeMarkAway =
    /kubectl --kubeconfig \S+ --context local (--namespace \S+ delete secret \S+)/;
  let advice: string[];

  it(
    "is seen before the worker is drained, in a preview too, with what to do",
    async () => {
      images.set("example.test/worker:unready", { ...sleeping, trouble: "neverReady" });
      await cluster.killHelm("worker", "unready");
      await setTag("worker", "2");
      await configure("mongo");

      for (const run of [await stack.preview(), await stack.up()]) {
        expect(run.failed).toBe(true);
        expect(run.output).toMatch(
          /release taskrunner-worker: revision \d+ is pending-upgrade since/,
        );
        expect(run.output).not.toMatch(/\n\s+at .*\.ts:|error serializing/);
        expect(begun(run)).toEqual([]);
        advice = takeMarkAway.exec(run.output)?.[1]?.split(" ") ?? [];
      }
      expect(await cluster.replicas()).toEqual(both);
      expect(await cluster.modesOf("web")).toEqual(onFiles);
    },
    3 * minutes,
  );

  it(
    "stands in the way no more once that was done",
    async () => {
      await cluster.kubectl(...advice.slice(2));
      const up = await stack.up();
      expect(up.failed, up.output).toBe(false);
      expect(await cluster.modesOf("worker")).toEqual(onMongo);
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    4 * minutes,
  );
});
