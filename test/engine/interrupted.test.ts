import { isDeepStrictEqual } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { clusterSiteValues } from "./cluster";
import { helmStack } from "./stacks";
import { cutoverKinds, stepsDone } from "./steps";

const onFiles = ["filesystem", "filesystem"];
const onMongo = ["mongo", "mongo"];
const both = { worker: 2, web: 2 };

const site = helmStack({ runs: 10 });
beforeAll(() => site.upTo("filesystem"));

/** Goes back to files with MongoDB stopped; the passes that export after web. */
async function goBack(): Promise<string[]> {
  const back = await site.upTo("filesystem");
  expect(await site.modes()).toEqual([onFiles, onFiles]);
  expect(await site.cluster.replicas()).toEqual(both);
  await site.server.start();
  return stepsDone(back, cutoverKinds).filter((done) => done.includes("final-pass"));
}

describe("a cutover whose engine is killed in the drain", () => {
  it("goes back to files with MongoDB stopped, once the stack is unlocked", async () => {
    const [pod = ""] = await site.cluster.podsOf("worker");
    const hold = (finalizers: readonly string[]) => {
      const patch = JSON.stringify({ metadata: { finalizers } });
      return site.cluster.kubectl("patch", "pod", pod, "--type=merge", `--patch=${patch}`);
    };
    await hold(["example.test/held"]);
    await site.configure("mongo");
    await site.stack.killedUp(/worker: \d+ to go: .*terminating/);
    expect((await site.cluster.replicas()).worker).toBe(0);

    await site.server.stop();
    await site.configure("filesystem");
    expect((await site.stack.up()).output).toContain("with `pulumi cancel`");
    await site.stack.cancel();
    await hold([]);
    expect(await goBack()).toEqual([]);
  });
});

const isAmong = (states: readonly unknown[]) => (found: unknown) =>
  states.some((state) => isDeepStrictEqual(state, found));

/**
 * What a cutover can leave when it is interrupted in a step. The engine ends that step first, but a
 * plugin may give up what Helm has begun. Kills after each step are in test/node/load.live.ts.
 */
const steps = [
  { step: "Handover taskrunner-handover", left: [[[], onFiles]] },
  {
    step: "Release taskrunner-web",
    left: [
      [onMongo, onMongo],
      [onMongo, onFiles],
    ],
  },
];

describe("a cutover that is interrupted", () => {
  it.each(steps)(
    "in $step goes back to files with MongoDB stopped, with all replicas",
    async ({ step, left }) => {
      await site.configure("mongo");
      const interrupted = await site.stack.interruptedUp(new RegExp(`${step} (creating|updating)`));
      expect(interrupted.failed).toBe(true);
      expect(interrupted.output).not.toMatch(
        /Verification taskrunner-verification (creating|updating)/,
      );
      await expect.poll(() => site.modes(), { timeout: 30_000 }).toSatisfy(isAmong(left));

      await site.server.stop();
      // From the cutover on something may be in MongoDB alone, also what a new pod of web wrote.
      expect(await goBack()).toEqual(["FinalPass final-pass"]);
    },
  );
});

describe("web that Helm refuses after the worker's rollout", () => {
  it("stops the cutover, which says which service is in which mode", async () => {
    // The chart's schema allows it, and the API server does not.
    const resources = { requests: { cpu: "many" } };
    await site.cluster.setValues("web", { ...clusterSiteValues.web, resources });
    await site.configure("mongo");
    const up = await site.stack.up();

    expect(up.failed).toBe(true);
    expect(up.output).toContain("quantities must match");
    expect(up.output).toContain("worker: taskrunner-worker is in mongo mode, 2 ready");
    expect(up.output).toContain("worker: web is next.");
    expect(up.output).toContain("or set storageMode: filesystem and run pulumi up");
    expect(up.output).not.toMatch(/taskrunner-(web-pods|final-pass|verification) (creat|updat)/);
    expect(await site.modes()).toEqual([onMongo, onFiles]);
  });

  it("resumes to a verified cutover once its values are fixed", async () => {
    await site.cluster.setValues("web", clusterSiteValues.web);
    const up = await site.up();

    expect(up.output).not.toContain("drained, all pods are gone");
    expect(await site.modes()).toEqual([onMongo, onMongo]);
    expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
  });
});
