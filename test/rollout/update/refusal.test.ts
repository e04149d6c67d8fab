import { describe, expect, it } from "vitest";
import { modesIn } from "../../../components/rollout/update/modes";
import { refusalOf } from "../../../components/rollout/update/modes";
import type { StorageMode } from "../../../components/settings";
import { directionsOf } from "../../../components/settings/derived";

type Stand = readonly [worker: StorageMode, web: StorageMode];
const f = "filesystem";
const m = "mongo";
const stands: readonly Stand[] = [
  [f, f],
  [m, f],
  [m, m],
  [f, m],
];
const updates = stands.flatMap(([worker, web]) =>
  ([m, f] as const).flatMap((mode) =>
    (["worker", "web"] as const).map((step) => ({ worker, web, mode, step })),
  ),
);

const refused = ({ worker, web, mode, step }: (typeof updates)[number]) =>
  refusalOf({ release: "stella", step, mode }, { worker: [worker], web: [web] });

describe("an update of a release that holds both services", () => {
  it.each(updates)(
    "from worker $worker, web $web to $mode, step $step moves the step's service alone, or is refused",
    (update) => {
      const wanted = modesIn(update.step, update.mode);
      const movesWeb = wanted.web !== update.web;
      const movesWorker = wanted.worker !== update.worker;
      const isWrong = update.step === "worker" ? movesWeb : movesWorker && movesWeb;

      expect(refused(update) !== undefined).toBe(isWrong);
    },
  );

  it("is one that gets on, from wherever the services are, to either mode", () => {
    for (const [worker, web] of stands) {
      for (const mode of [m, f] as const) {
        let stand: Stand = [worker, web];
        // What the refusals say is done: at most two updates lead there.
        for (let update = 0; update < 2; update += 1) {
          const web = { worker: stand[0], web: stand[1], mode, step: "web" } as const;
          const step = refused(web) === undefined ? "web" : "worker";
          expect(refused({ ...web, step })).toBeUndefined();
          const next = modesIn(step, mode);
          stand = [next.worker, next.web];
        }
        expect(stand).toEqual([mode, mode]);
      }
    }
  });

  it("is refused with what to do", () => {
    expect(refused({ worker: f, web: f, mode: m, step: "web" })).toBe(
      "In release stella the worker is in filesystem mode and web in filesystem mode. " +
        "storageMode: mongo with rollout.step: web would change both to mongo mode in one upgrade. " +
        "Set rollout.step: worker and run pulumi up, then set rollout.step: web and run it again.",
    );
    expect(refused({ worker: m, web: m, mode: m, step: "worker" })).toMatch(
      /would change web to filesystem mode\. Set rollout\.step: web, because web is already in mongo mode\.$/,
    );
  });

  it("starts both services of a release that has no Deployment yet", () => {
    const nothing = { worker: [], web: [] };
    const started = (step: "worker" | "web") =>
      refusalOf({ release: "new", step, mode: m }, nothing);

    expect(started("web")).toBeUndefined();
    expect(started("worker")).toMatch(
      /^Release new has no workloads\. .* set rollout\.step: web: both services then start in mongo mode\.$/,
    );
  });
});

describe("what comes after web", () => {
  it("goes forward once both are in Mongo mode", () => {
    const updates = ([m, f] as const).flatMap((storageMode) =>
      (["worker", "web"] as const).map((step) => ({ storageMode, step })),
    );
    const going = updates.filter(({ storageMode, step }) => {
      const { web } = directionsOf({ storageMode, rollout: { target: "helm", step } });
      return web === "forward";
    });
    expect(going.map(({ step, storageMode }) => modesIn(step, storageMode))).toEqual([
      { worker: m, web: m },
    ]);
  });
});
