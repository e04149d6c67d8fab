import type { CollectionRole } from "./collections";

/** A store of the services on files: one for each collection, and the queue of jobs that wait. */
export type Store = CollectionRole | "queue";

/** The folders of the stores below the state directory, with `/`. A store that the services do not have is absent. */
export type StateFolders = Readonly<Record<"runs", string> & Partial<Record<Store, string>>>;

/** The folders if the settings name no others: assumed, because the specification names none. */
export const defaultFolders = {
  runs: "state/runs",
  approvals: "state/approvals",
  logs: "logs/runs",
  artifacts: "artifacts",
  queue: "queue",
} as const satisfies StateFolders;
