import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSite, type Site } from "./site";
import { cutoverKinds, stepsDone } from "./steps";

const minutes = 60_000;
const onFiles = ["filesystem", "filesystem"];
const onMongo = ["mongo", "mongo"];
const lastExport = ["FinalPass final-pass"];

let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];

beforeAll(async () => {
  ({ stack, server, cluster, release } = await makeSite(10));
  await configure("filesystem");
  expect(await stack.up()).toMatchObject({ failed: false });
}, 25 * minutes);
afterAll(async () => {
  await release();
});

const configure = (storageMode: "mongo" | "filesystem") =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: cluster.kubernetes,
    rollout: cluster.rollout,
  });
const isAmong = (states: readonly unknown[]) => (found: unknown) =>
  states.some((state) => isDeepStrictEqual(state, found));
const modes = async () => [await cluster.modesOf("worker"), await cluster.modesOf("web")];

/**
 * What a cutover can leave when it is interrupted in a step. The engine ends that step first, but a
 * plugin may give up what Helm has begun. Kills after each step are in test/node/load.live.ts.
 */
const steps = [
  { step: "Proof taskrunner-proof", left: [[onFiles, onFiles]] },
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
      await configure("mongo");
      const interrupted = await stack.interruptedUp(new RegExp(`${step} (creating|updating)`));
      expect(interrupted.failed).toBe(true);
      expect(interrupted.output).not.toMatch(
        /Verification taskrunner-verification (creating|updating)/,
      );
      await expect.poll(modes, { timeout: 30_000 }).toSatisfy(isAmong(left));

      await server.stop();
      await configure("filesystem");
      const back = await stack.up();
      expect(back.failed).toBe(false);
      // From the fence on something may be in MongoDB alone, also what a new pod of web wrote.
      const rest = stepsDone(back, cutoverKinds).filter((done) => done.includes("final-pass"));
      expect(rest).toEqual(/Release|Handover/.test(step) ? lastExport : []);
      expect(await modes()).toEqual([onFiles, onFiles]);
      expect(await cluster.replicas()).toEqual({ worker: 2, web: 2 });
      await server.start();
    },
    5 * minutes,
  );

  it(
    "is done in the end, and verified",
    async () => {
      await configure("mongo");

      expect(await stack.up()).toMatchObject({ failed: false });
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
      expect(await modes()).toEqual([onMongo, onMongo]);
    },
    3 * minutes,
  );
});
