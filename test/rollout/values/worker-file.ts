import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { serviceEnvironment } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import type { ValuesFileInputs } from "../../../components/rollout";
import type { StateOf } from "../../../components/step";
import { serviceNames } from "../names";

type ValuesFileState = StateOf<ValuesFileInputs, object>;

const { ValuesFile } = providers;
export const password = "s3cret";

/** A site's list of variables. */
export const list = `# Values of the worker
env:
  - name: TZ
    value: UTC
  - name: WORKER__STORAGE__MODE
    value: filesystem # until the cutover
  - name: Worker__Storage__Mongo__ConnectionString
    value: mongodb://app:${password}@db/taskrunner # shared
`;
/** A site's map of variables. */
export const map = "env:\n  TZ: UTC\n  WORKER__STORAGE__MODE: filesystem\n";

export let folder: string;
/** The stack's own file, and the site's. */
export let file: string;
export let siteFile: string;

/** Gives each test of a file a folder of its own with a site's values file of the worker. */
export function inFolder(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollout-"));
    file = join(folder, "taskrunner-storage.worker.values.yaml");
    siteFile = join(folder, "worker.values.yaml");
    await writeFile(siteFile, list);
  });
  afterEach(() => rm(folder, { recursive: true }));
}

export const readWorkerFile = () => readFile(file, "utf8");

export function fileInputs(mode: "mongo" | "filesystem", changes: Partial<ValuesFileInputs> = {}) {
  const direction = mode === "mongo" ? "forward" : "back";
  const entries = serviceEnvironment("worker", direction, serviceNames);
  return {
    direction,
    service: "worker",
    file,
    site: [siteFile],
    path: "env",
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    stack: "organization/taskrunner-storage/prod",
    ...changes,
  } as const;
}

/** Outputs as the state gives them back. */
export const storedFile = (outs: unknown) => JSON.parse(JSON.stringify(outs)) as ValuesFileState;

export async function createFile(from: ValuesFileInputs): Promise<ValuesFileState> {
  const result = await ValuesFile.create(from);
  expect(result.id).toBe("worker");
  return storedFile(result.outs);
}

export async function updateFile(
  state: ValuesFileState,
  to: ValuesFileInputs,
): Promise<ValuesFileState> {
  return storedFile((await ValuesFile.update("worker", state, to)).outs);
}

export const changes = async (state: ValuesFileState, to: ValuesFileInputs) =>
  (await ValuesFile.diff("worker", state, to)).changes;

/** Why a preview refuses inputs. */
export const refused = async (olds: object, to: ValuesFileInputs) =>
  ((await ValuesFile.check(olds, to)).failures ?? []).map(({ reason }) => reason).join("\n");
