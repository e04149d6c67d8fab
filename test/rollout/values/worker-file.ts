import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect } from "vitest";
import { providers } from "../../../components/rollout/provider";
import type {
  ValuesFileInputs,
  ValuesFileResults,
} from "../../../components/rollout/values/switch";
import type { StateOf } from "../../../components/step";
import { inMongoMode } from "./places";

type ValuesFileState = StateOf<ValuesFileInputs, ValuesFileResults>;

const { ValuesFile } = providers;
export const password = "s3cret";

export const original = `# Values of the worker
env:
  - name: TZ
    value: UTC
  - name: Worker__Storage__Mode
    value: filesystem # until the cutover
  - name: Worker__Storage__Mongo__ConnectionString
    value: mongodb://app:${password}@db/taskrunner # shared
`;

export let folder: string;
export let file: string;

/** Gives each test of a file a folder of its own with a values file of the worker. */
export function inFolder(): void {
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rollout-"));
    file = join(folder, "worker.values.yaml");
    await writeFile(file, original);
  });
  afterEach(() => rm(folder, { recursive: true }));
}

export const text = () => readFile(file, "utf8");

export function inputs(mode: "mongo" | "filesystem", changes: Partial<ValuesFileInputs> = {}) {
  const entries =
    mode === "mongo" ? inMongoMode : [{ name: "Worker__Storage__Mode", value: "filesystem" }];
  const environment = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  return {
    direction: mode === "mongo" ? "forward" : "back",
    service: "worker",
    file,
    path: "env",
    mode,
    environment,
    ...changes,
  } as const;
}

/** Mongo mode with another Secret, as in a rotation. */
export const onOtherSecret = () => {
  const { environment } = inputs("mongo");
  const secretKeyRef = { name: "taskrunner-mongo-2", key: "connectionString" };
  const Worker__Storage__Mongo__ConnectionString = { secretKeyRef };
  return inputs("mongo", {
    environment: { ...environment, Worker__Storage__Mongo__ConnectionString },
  });
};

/** Outputs as the state gives them back. */
export const stored = (outs: unknown) => JSON.parse(JSON.stringify(outs)) as ValuesFileState;

export async function created(from: ValuesFileInputs): Promise<ValuesFileState> {
  const result = await ValuesFile.create(from);
  expect(result.id).toBe("worker");
  return stored(result.outs);
}

export async function updated(
  state: ValuesFileState,
  to: ValuesFileInputs,
): Promise<ValuesFileState> {
  return stored((await ValuesFile.update("worker", state, to)).outs);
}

export const changes = async (state: ValuesFileState, to: ValuesFileInputs) =>
  (await ValuesFile.diff("worker", state, to)).changes;
