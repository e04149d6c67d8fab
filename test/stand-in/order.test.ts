import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import pLimit from "p-limit";
import { expect, it, vi } from "vitest";
import { migrate } from "../transfer/database";
import { serverForTests } from "../server";
import {
  begin,
  cutoverScenario,
  rollbackScenario,
  rollbackAlone,
  take,
  type ScenarioStep,
} from "./scenario";
import type { Mode } from "./crew";
import { Simulation } from "./simulation";

// Fifty seeds are some 17,000 operations of the server; the walk has other ones each week.
vi.setConfig({ testTimeout: 600_000 });

const current = serverForTests();
const forward = Object.values<ScenarioStep>(cutoverScenario);
const back = Object.values<ScenarioStep>(rollbackScenario);
const backAlone = Object.values<ScenarioStep>(rollbackAlone);

/** What is wrong after some steps that end in a mode, by the seeds that have anything wrong. */
async function findings(
  seeds: number,
  steps: readonly ScenarioStep[],
  mode: Mode,
): Promise<Map<number, string[]>> {
  const limit = pLimit(8);
  const all = await limit.map(
    Array.from({ length: seeds }, (_, seed) => seed),
    async (seed) => {
      const folder = await mkdtemp(join(current.folder, "seed-"));
      const database = current.client.db(`seed_${seed}`);
      await migrate(database);
      const simulation = new Simulation(seed, folder, database);
      await begin(simulation);
      await take(simulation, steps);
      const found = await simulation.findings(mode);
      await database.dropDatabase();
      await rm(folder, { recursive: true });
      return [seed, found] as const;
    },
  );
  return new Map(all.filter(([, found]) => found.length > 0));
}

it("no step is executed twice and none is lost, forward, back and forward again", async () => {
  expect(await findings(50, [...forward, ...back, ...forward], "mongo")).toEqual(new Map());
});

it("after a rollback every run is on disk and comes to its end there", async () => {
  expect(await findings(12, [...forward, ...back], "filesystem")).toEqual(new Map());
});

it("with MongoDB stopped no step is executed twice either: unfinished runs are held", async () => {
  const steps = [...forward, ...backAlone, ...forward];
  expect(await findings(12, steps, "mongo")).toEqual(new Map());
});

it("runs that are still held in the next cutover go on in MongoDB", async () => {
  const withoutExport = backAlone.filter(
    (step) => step !== rollbackAlone.export && step !== rollbackAlone.allOnDisk,
  );
  const steps = [...forward, ...withoutExport, ...forward];
  expect(await findings(12, steps, "mongo")).toEqual(new Map());
});

it.each([
  ["delta pass", forward, cutoverScenario.delta, "mongo", /^attempt 1 of .* is executed again$/],
  ["final pass", forward, cutoverScenario.final, "mongo", /^run .* is lost$/],
  ["export", [...forward, ...back], rollbackScenario.export, "filesystem", / is executed again$/],
  [
    "held",
    [...forward, ...backAlone, ...forward],
    rollbackAlone.hold,
    "mongo",
    / is executed again$/,
  ],
  ["rest", [...forward, ...back], rollbackScenario.rest, "filesystem", /^run .* is lost$/],
] as const)("the same checks see it where the %s is left out", async (...without) => {
  const [, all, left, mode, problem] = without;
  const steps = all.filter((step) => step !== left);
  const words = [...(await findings(12, steps, mode)).values()].flat();
  expect(words).toContainEqual(expect.stringMatching(problem));
});
