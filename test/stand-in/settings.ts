import { MongoClient } from "mongodb";
import { collections } from "../../components/contract";
import type { Service as ServiceName } from "../../components/rollout";
import { FileStore, type Folders } from "./file-store";
import { MongoStore } from "./mongo-store";
import { Queue } from "./queue";
import type { Store } from "./store";

/** A service's environment. */
export type ServiceEnvironment = Readonly<Record<string, string | undefined>>;

/** A store that was opened, and what closes it. */
export interface OpenStore {
  readonly store: Store;
  /** The jobs in filesystem mode; in Mongo mode they are elsewhere. */
  readonly queue?: Queue;
  close(): Promise<void>;
}

/** The sections of the two services (the document, "Configuration reference"). */
const sections = { worker: "Worker", web: "TaskRunner" } as const;

/** The setting of each folder; the services name the approvals' differently. */
export const folders = {
  worker: [
    ["Worker__RunStatePath", "runs"],
    ["Worker__ApprovalStorePath", "approvals"],
    ["Worker__LogsPath", "logs"],
    ["Worker__ArtifactsPath", "artifacts"],
  ],
  web: [
    ["TaskRunner__RunStatePath", "runs"],
    ["TaskRunner__ApprovalsPath", "approvals"],
    ["TaskRunner__LogsPath", "logs"],
    ["TaskRunner__ArtifactsPath", "artifacts"],
  ],
} as const;

/**
 * The store that a service's environment names, as ASP.NET Core binds it: names in any case, and
 * without `Database` the one in the connection string.
 *
 * @throws Error where a variable is missing, or the mode is none
 */
export async function openStore(
  service: ServiceName,
  environment: ServiceEnvironment,
): Promise<OpenStore> {
  const section = sections[service];
  const mode = setting(environment, `${section}__Storage__Mode`)?.toLowerCase();
  if (mode === "filesystem") {
    const paths = folders[service].map(([name, folder]) => [folder, required(environment, name)]);
    const store = new FileStore(Object.fromEntries(paths) as Folders);
    const queue = new Queue(required(environment, "StandIn__Queue"), Date.now());
    return { store, queue, close: () => Promise.resolve() };
  }
  if (mode !== "mongo") throw new Error(`${section}__Storage__Mode is ${mode ?? "not set"}`);
  return openMongo(environment, `${section}__Storage__Mongo__`);
}

async function openMongo(environment: ServiceEnvironment, prefix: string): Promise<OpenStore> {
  const named = (role: keyof typeof collections, name: string) =>
    setting(environment, `${prefix}${name}Collection`) ?? collections[role].name;
  const names = {
    runs: named("runs", "Runs"),
    logs: named("logs", "Logs"),
    artifacts: named("artifacts", "Artifacts"),
    approvals: named("approvals", "Approvals"),
  };
  const client = new MongoClient(required(environment, `${prefix}ConnectionString`));
  await client.connect();
  const database = client.db(setting(environment, `${prefix}Database`));
  return { store: new MongoStore(database, names), close: () => client.close() };
}

/** A variable by its name in any case. */
export function setting(environment: ServiceEnvironment, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(environment).find(([known]) => known.toLowerCase() === wanted)?.[1];
}

/** @throws Error where it is not set */
export function required(environment: ServiceEnvironment, name: string): string {
  const value = setting(environment, name);
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
