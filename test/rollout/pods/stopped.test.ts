import { expect, it } from "vitest";
import type { DrainRequestResults } from "../../../components/rollout";
import type { PodsReplacedInputs, PodsReplacedResults } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import type { StateOf } from "../../../components/step";
import { clusterForTests } from "./cluster";
import { createDrain, drainsOn, unfinished, updateDrain } from "./drains";

type Replaced = StateOf<PodsReplacedInputs, PodsReplacedResults>;

const { DrainRequest, PodsReplaced } = providers;
const current = clusterForTests();
const { inputs, deployed } = drainsOn(current);

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();
const secondsSince = (at = "") => (Date.now() - Date.parse(at)) / 1_000;
const replacedBy = async (state: Replaced, to: Replaced) =>
  (await PodsReplaced.update("id", state, to)).outs as Replaced;

it("a request says when its direction changed", async () => {
  const made = await DrainRequest.create({ service: "worker", direction: "forward" });
  const { requestedAt } = made.outs as DrainRequestResults;
  expect(secondsSince(requestedAt)).toBeLessThan(5);
});

it("the stop lasts from the drain's request until the new pods are ready, whatever fails or follows", async () => {
  await deployed("timed", 1);
  const drain = await createDrain(inputs("timed", { requests: 0, requestedAt: ago(200) }));
  const { stoppedAt, drainSnapshot } = drain;
  const asked = { ...inputs("timed", { timeoutSeconds: 1 }), stoppedAt, drainSnapshot } as Replaced;
  const failed = await unfinished(PodsReplaced.create(asked));
  expect(failed.state).toMatchObject({ stoppedSeconds: null });

  await current.cluster.deploy("timed", { mode: "mongo" });
  const news = { ...asked, timeoutSeconds: 15 };
  const done = await replacedBy(failed.state as object as Replaced, news);
  expect(done.stoppedSeconds).toBeGreaterThanOrEqual(200);
  expect(done.stoppedSeconds).toBeLessThan(260);

  // A later revision, also one that fails, is not a stop.
  const stoppedAgo = { ...done, stoppedSeconds: 200 };
  expect(await replacedBy(stoppedAgo, { ...news, revision: 2 })).toMatchObject({
    stoppedSeconds: 200,
  });
  const missing = { ...news, release: "other", timeoutSeconds: 1 };
  const later = await unfinished(PodsReplaced.update("id", stoppedAgo, missing));
  expect(later.state).toMatchObject({ stoppedSeconds: 200 });
});

it("a finished drain keeps its beginning, whatever else of its settings changes", async () => {
  await deployed("lasting", 1);
  const asked = { requests: 0, requestedAt: ago(60) };
  const drain = await createDrain(inputs("lasting", asked));
  expect(drain.stoppedAt).toBe(asked.requestedAt);
  const later = await updateDrain(drain, inputs("lasting", { ...asked, timeoutSeconds: 20 }));
  expect(later.stoppedAt).toBe(asked.requestedAt);
  expect(await current.cluster.replicas("lasting")).toBe("0 1");
});
