import { join } from "node:path";
import { type Collection, Long, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../transfer/state";
import { makeSite, type Site } from "./site";
import { cutoverKinds, stepsDone } from "./steps";

const minutes = 60_000;

let site: Site;
let client: MongoClient;
let runs: Collection<{ _id: string }>;

beforeAll(async () => {
  site = await makeSite(5);
  client = await new MongoClient(site.server.uri).connect();
  runs = client.db("taskrunner").collection("pack_runs");
}, 25 * minutes);
afterAll(async () => {
  await client.close();
  await site.release();
});

const configure = (storageMode: "mongo" | "filesystem", drain: "wait" | number, advanced = {}) =>
  site.stack.configure({
    storageMode,
    mongoUri: `${site.server.uri}/taskrunner`,
    backfill: { source: { path: join(site.stack.folder, "state") } },
    kubernetes: site.cluster.kubernetes,
    rollout: { ...site.cluster.rollout, timeoutSeconds: 60, drain },
    advanced,
  });

/** The runs of a played service, whose step has these members. */
async function playService(...steps: readonly object[]): Promise<void> {
  await runs.deleteMany({ _id: /^played/ });
  const moment = new Date();
  const dates = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  const documents = steps.map((members, at) => {
    const step = { stepId: "build", kind: "Run", status: "Succeeded", ...members };
    return { ...run(`played-${at}`), ...dates, steps: [step], tenantId: null, _id: `played-${at}` };
  });
  await runs.insertMany(documents);
}

const ofOtherType = [{ attempts: "1" }, { attempts: "2" }, { attempts: "1" }];
let acceptForms: string | undefined;

it(
  "documents of a service with another type stop an up before the drain",
  async () => {
    await configure("filesystem", "wait");
    await site.stack.up();
    await playService(...ofOtherType);
    await configure("mongo", 1);
    const stopped = await site.stack.up();
    expect(stopped.failed).toBe(true);
    expect(stopped.output).toMatch(/steps\[\]\.attempts of runs is number .* string in 3 records/);
    acceptForms = /advanced\.acceptForms: \\?"(\w{16})/.exec(stopped.output)?.[1];
    expect(acceptForms).toBeDefined();
    expect(stepsDone(stopped, cutoverKinds)).toEqual(["BulkPass bulk-pass", "Canary canary"]);
    expect(await site.cluster.replicas()).toEqual({ worker: 2, web: 2 });
    expect(await site.cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
  },
  6 * minutes,
);

it(
  "optional fields, nulls, longs beside ints and one document made by hand stop nothing",
  async () => {
    const optional = { attempts: Long.ONE, owner: "team", statusReason: null };
    await playService({ attempts: 1 }, optional, {}, { attempts: "by hand" });
    await configure("mongo", "wait");
    const ready = await site.stack.up();
    expect(ready.failed, ready.output).toBe(false);
    expect(ready.output).toMatch(/The import writes the forms of the services, as 4 runs/);
    expect(ready.output).toMatch(/Cutover 1 is ready since/);
  },
  6 * minutes,
);

it(
  "a cutover with accepted forms warns, and its verification has them",
  async () => {
    await playService(...ofOtherType);
    await configure("mongo", 1, { acceptForms });
    const done = await site.stack.up();
    expect(done.failed, done.output).toBe(false);
    expect(done.output).toContain("[forms-differ]");
    expect(await site.stack.outputs()).toMatchObject({
      verification: {
        holds: true,
        forms: {
          compared: { runs: 3 },
          differences: [{ path: "steps[].attempts", services: [{ form: "string", count: 3 }] }],
          hash: acceptForms,
        },
      },
    });
  },
  8 * minutes,
);
