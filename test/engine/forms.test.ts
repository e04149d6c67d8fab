import { Long } from "mongodb";
import { expect, it } from "vitest";
import { run } from "../transfer/state";
import { helmStack } from "./stacks";
import { outputsOfStep } from "./state";
import { cutoverKinds, stepsDone } from "./steps";

const site = helmStack();
const runs = () => site.db.collection<{ _id: string }>("pack_runs");

/** The runs of a played service, whose step has these members. */
async function playService(...steps: readonly object[]): Promise<void> {
  await runs().deleteMany({ _id: /^played/ });
  const moment = new Date();
  const dates = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  const documents = steps.map((members, at) => {
    const step = { stepId: "build", kind: "Run", status: "Succeeded", ...members };
    return { ...run(`played-${at}`), ...dates, steps: [step], tenantId: null, _id: `played-${at}` };
  });
  await runs().insertMany(documents);
}

const ofOtherType = [{ attempts: "1" }, { attempts: "2" }, { attempts: "1" }];
let acceptForms: string | undefined;

it("documents of a service with another type stop an up before the drain", async () => {
  await site.upTo("filesystem", { rollout: { drain: "wait" } });
  await playService(...ofOtherType);
  await site.configure("mongo", { rollout: { drain: 1 } });
  const stopped = await site.stack.up();
  expect(stopped.failed).toBe(true);
  expect(stopped.output).toMatch(/steps\[\]\.attempts of runs is number .* string in 3 records/);
  acceptForms = /advanced\.acceptForms: \\?"(\w{16})/.exec(stopped.output)?.[1];
  expect(acceptForms).toBeDefined();
  expect(stepsDone(stopped, cutoverKinds)).toEqual(["BulkPass bulk-pass", "Canary canary"]);
  expect(await site.cluster.replicas()).toEqual({ worker: 2, web: 2 });
  expect(await site.cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
});

it("optional fields, nulls, longs beside ints and one document made by hand stop nothing", async () => {
  const optional = { attempts: Long.ONE, owner: "team", statusReason: null };
  await playService({ attempts: 1 }, optional, {}, { attempts: "by hand" });
  const ready = await site.upTo("mongo", { rollout: { drain: "wait" } });
  expect(ready.output).toMatch(
    /The import writes the same forms as the services, by comparison with 4 runs/,
  );
  expect(ready.output).toMatch(/Cutover 1 is ready since/);
});

it("a cutover with accepted forms warns, and its verification has them", async () => {
  await playService(...ofOtherType);
  const settings = { rollout: { drain: 1 }, advanced: { acceptForms } };
  const done = await site.upTo("mongo", settings);
  expect(done.output).toContain("[forms-differ]");
  expect(await outputsOfStep(site.stack, "verification")).toMatchObject({
    report: {
      holds: true,
      forms: {
        compared: { runs: 3 },
        differences: [{ path: "steps[].attempts", services: [{ form: "string", count: 3 }] }],
        hash: acceptForms,
      },
    },
  });
});
