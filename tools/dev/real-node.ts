import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { FileJournal } from "../../test/stand-in/file-journal";
import { findRepeats } from "../../test/stand-in/findings";
import { eventsOf } from "../../test/stand-in/journal";
import { standInContents, standInValues } from "../../test/stand-in/pods";
import { localClaim } from "../../test/node/local-claim";
import {
  type ControlPlane,
  type ImageContent,
  nodeAddress,
  nodePaths,
  say,
  whatNodeLacks,
} from "../parts";
import type { Login } from "./database";
import { DevError, makeCommand, type DevPaths, showPath } from "./places";

/** Where the played services have the state directory, the journal in it. */
const mountPath = "/var/lib/taskrunner";
const namespace = "taskrunner";
const journalFolder = "journal";

/** How much the played services do. */
interface Load {
  /** The number of runs that a pod of web submits. */
  readonly runs: number;
  /** The longest pause of each service, in ms. */
  readonly pauseMs: Readonly<Record<"worker" | "web", number>>;
}

const load: Load = { runs: 200, pauseMs: { worker: 300, web: 300 } };

/**
 * Whether a stack's pods run on a real node: NODE=real says so at its first `up`, and it stays.
 *
 * @throws DevError if the stack has a played node or no pods, or this machine cannot run one
 */
export async function hasRealNode(
  places: DevPaths,
  { NODE }: { readonly NODE?: string | undefined },
): Promise<boolean> {
  const { stack, cluster } = places;
  if (existsSync(nodePaths(cluster).folder)) return true;
  if (NODE !== "real") return false;
  if (!stack.kubernetes)
    throw new DevError(`NODE=real: stack ${stack.name} has no pods. Add STACK=local`);
  if (existsSync(cluster)) {
    const clean = makeCommand("clean", stack);
    throw new DevError(
      `NODE=real: stack ${stack.name} has a played node. Remove it first: ${clean}`,
    );
  }
  const lack = await whatNodeLacks();
  if (lack !== undefined) throw new DevError(`NODE=real: a real node ${lack}`);
  return true;
}

/** The images of the played services. */
export function playedServices(places: DevPaths): Promise<ImageContent[]> {
  return standInContents(join(places.dev, "images"));
}

/**
 * Gives the played services what they need: values, the claim on the state directory, and a login of the database on
 * the node's bridge, from where they reach it.
 */
export async function prepareServices(
  places: DevPaths,
  cluster: ControlPlane,
  { runs, pauseMs }: Load = load,
): Promise<Login> {
  await mkdir(places.state, { recursive: true });
  await mkdir(places.rollout, { recursive: true });
  for (const service of ["worker", "web"] as const) {
    const own = { root: mountPath, journal: join(mountPath, journalFolder), runs };
    const persistence = { existingClaim: "state", mountPath };
    const values = {
      ...standInValues(service, { ...own, pauseMs: pauseMs[service] }),
      persistence,
    };
    await writeFile(join(places.rollout, `${service}.values.yaml`), stringify(values));
  }
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...localClaim(namespace, places.state),
  ];
  const file = join(places.dev, "claim.json");
  await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  const apply = [`--kubeconfig=${cluster.kubeconfig}`, "apply", `--filename=${file}`];
  await promisify(execFile)(cluster.kubectl, apply);
  return { host: await nodeAddress(cluster), password: await passwordOf(places) };
}

async function passwordOf({ dev }: DevPaths): Promise<string> {
  const file = join(dev, "mongo.password");
  if (!existsSync(file)) await writeFile(file, randomBytes(18).toString("hex"), { mode: 0o600 });
  return readFile(file, "utf8");
}

/** What the played services executed so far, as a sentence, and what they executed again. */
export interface JournalFacts {
  readonly sentence: string;
  readonly repeats: readonly string[];
}

/** Reads the journal of the played services. */
export function readJournal(places: DevPaths): JournalFacts {
  const journal = journalOf(places);
  const executed = eventsOf(journal, "executed");
  const steps = new Set(executed.map(({ runId, stepId }) => `${runId} ${stepId}`));
  const all = new Set(executed.map(({ runId }) => runId));
  const repeats = findRepeats(journal);
  const once = repeats.length === 0 ? "each attempt once" : `${repeats.length} again`;
  return { sentence: `${steps.size} steps of ${all.size} runs were executed, ${once}`, repeats };
}

/** Time limit in ms for the services to end some runs. */
const patience = 120_000;

/** Waits until the played services have ended some more runs. */
export async function untilRunsEnd(places: DevPaths, count: number): Promise<void> {
  const journal = journalOf(places);
  const ended = () => eventsOf(journal, "ended").length;
  const goal = ended() + count;
  say(`services: waiting until they end ${count} runs (${showPath(places, places.state)})`);
  const deadline = Date.now() + patience;
  while (ended() < goal) {
    if (Date.now() > deadline)
      throw new DevError(`the services ended no ${count} runs in 2 minutes`);
    await sleep(500);
  }
}

/** What the played services did. */
export const journalOf = ({ state }: DevPaths) => new FileJournal(join(state, journalFolder));
