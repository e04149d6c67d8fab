import { eventsOf } from "./journal";
import type { Simulation } from "./simulation";

/** A step of a rollout, between two of which the services go on. */
export type ScenarioStep = (simulation: Simulation) => unknown;

/** The steps of a cutover, in their order (decision 9). */
export const cutoverScenario = {
  bulk: (simulation) => simulation.import("bulk"),
  drain: (simulation) => simulation.drainWorker(),
  delta: (simulation) => simulation.import("delta"),
  fence: (simulation) => simulation.drawFence(),
  worker: (simulation) => {
    simulation.startWorker("mongo");
  },
  web: (simulation) => simulation.rollWeb("mongo"),
  final: (simulation) => simulation.import("final"),
  verification: (simulation) => simulation.verify(),
} as const satisfies Record<string, ScenarioStep>;

/** The steps of a rollback with MongoDB up (decision 10), and what must hold after them. */
export const rollbackScenario = {
  drain: (simulation) => simulation.drainWorker(),
  export: (simulation) => simulation.export(),
  worker: (simulation) => {
    simulation.startWorker("filesystem");
  },
  web: (simulation) => simulation.rollWeb("filesystem"),
  rest: (simulation) => simulation.export(),
  allOnDisk: (simulation) => simulation.requireAllRuns("filesystem"),
} as const satisfies Record<string, ScenarioStep>;

/** The steps of a rollback with MongoDB stopped, and the export when it was started again. */
export const rollbackAlone = {
  drain: (simulation) => simulation.drainWorker(),
  stop: (simulation) => {
    simulation.stopMongo();
  },
  hold: (simulation) => simulation.holdRuns(),
  worker: rollbackScenario.worker,
  web: rollbackScenario.web,
  goOn: (simulation) => simulation.between(60),
  export: (simulation) => simulation.bringBack(),
  allOnDisk: rollbackScenario.allOnDisk,
} as const satisfies Record<string, ScenarioStep>;

/** Starts both services on files and lets them make a history. */
export async function begin(simulation: Simulation): Promise<void> {
  simulation.startWorker("filesystem");
  await simulation.rollWeb("filesystem");
  while (eventsOf(simulation.journal, "submitted").length === 0) await simulation.between(30);
}

/** Takes steps one after the other, under load. */
export async function take(simulation: Simulation, steps: readonly ScenarioStep[]): Promise<void> {
  for (const step of steps) {
    await simulation.between(8);
    await step(simulation);
  }
}
