import { resolve } from "node:path";
import { warning } from "../../contract/finding";
import {
  clusterAt,
  controllersOf,
  describeApiPlace,
  identityOf,
  isSameCluster,
  replicasBefore,
  tryQuickly,
  type Cluster,
} from "../../kubernetes";
import { kind, tell, Unfinished, type Step, type StepInputs } from "../../step";
import { stopOthers, type StopAddress } from "../../step/jobs";
import {
  probeByPermission,
  requireFenceWritable,
  requireState,
  StateFolderError,
  WriteError,
} from "../../state";
import { addressInputs, type DrainInputs } from "../pods/inputs";
import { findRefusal, observeCluster } from "../pods/refusal";
import { findMismatch } from "../pods/releases";
import { findUnpausable } from "../pods/paused";
import { describeMode } from "../pods/workload";
import { findUnfit, provePush, type ValuesFileInputs } from "../values/provider";
import { cleanUp, type LeftInputs } from "./clean-up";

/**
 * Refuses releases that Helm could not change, and a release of both services whose web cannot be paused,
 * before anything else (decision 14); a rollback is only warned of its releases. An `up` may have no preview
 * (`--skip-preview`, Automation API), so it also refuses what the drain refuses in one.
 */
export const servicesCheck: Step<LeftInputs, object> = {
  ...kind<LeftInputs, object>("ServicesCheck", ["rollout", "kubernetes"], [], []),
  id: ({ namespace, service }) => `${namespace}/${service}/check`,
  compares: [...addressInputs, "mode", "releases", "install", "web"],
  // A run records an accepted cluster.
  isDue: async (state, inputs) =>
    isSameCluster(inputs.clusterIdentity, state.clusterIdentity) !== true ||
    // At a closed gate the worker is to stay at work in the other mode.
    (inputs.gate !== "closed" &&
      (await tryQuickly(inputs, (cluster) => isAtWorkInOtherMode(cluster, inputs))) === true),
  observes: async (inputs, prior) => {
    const found = await observeCluster(inputs, prior);
    const { service, context = "in the kubeconfig", namespace } = inputs;
    const server = found.clusterIdentity?.server;
    if (server) tell(`${service}: ${describeApiPlace({ context, namespace })}, ${server}`);
    return found;
  },
  refuses: async (inputs, prior) => {
    const unfit = await findUnfitFile(inputs, prior);
    if (unfit) return unfit;
    return tryQuickly(inputs, async (cluster) => {
      const mismatch = await findMismatch(cluster, inputs, prior?.releases);
      const isWarning = inputs.direction === "back" && prior !== undefined;
      if (mismatch !== undefined && isWarning) tell(warning("services-differ", mismatch));
      else if (mismatch !== undefined) return { property: "install", reason: mismatch };
      const reason = await findUnpausable(cluster, inputs);
      return reason === undefined ? undefined : { property: "web", reason };
    });
  },
  forward: requireServices,
  back: requireServices,
  cleansUp: async (state) => {
    await tryQuickly(state, (cluster) => cleanUp(cluster, state));
  },
};

async function requireServices(inputs: DrainInputs, prior?: DrainInputs): Promise<object> {
  const cluster = await clusterAt(inputs);
  const reached = { ...inputs, clusterIdentity: await identityOf(cluster) };
  const refusal = await findRefusal(cluster, reached, prior);
  const reason = refusal?.reason ?? (await findUnpausable(cluster, inputs));
  if (reason !== undefined) throw new Error(`${reason}\nNothing was changed.`);
  for (const file of inputs.files ?? []) await provePush(file);
  return {};
}

// After a drain nothing is proven again: a commit then may make Flux change the drained worker.
async function isAtWorkInOtherMode(cluster: Cluster, inputs: DrainInputs): Promise<boolean> {
  const { service, mode } = inputs;
  const found = await controllersOf(cluster, inputs);
  return found.some(
    (one) => replicasBefore(one) === undefined && describeMode(one, service) !== mode,
  );
}

async function findUnfitFile({ files = [] }: Pick<DrainInputs, "files">, prior?: object) {
  for (const file of files) {
    const reason = await findUnfit(file, prior === undefined);
    if (reason !== undefined) return { property: "files", reason };
  }
  return undefined;
}

export interface CutoverInputs extends StepInputs {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
  /** The last cutover that ended, which the step observes itself; 0 before the first end. */
  readonly ended?: number;
  /** When it ended, in ISO 8601, UTC. */
  readonly endedAt?: string;
  /** The state directory; absent if the settings have none, or if Jobs mount it. */
  readonly root?: string;
  readonly approvals?: boolean;
  /** The first number of the cutover in force, which the step observes itself: a later one may be refused. */
  readonly inForce?: number;
}

type CutoverResults = Pick<CutoverInputs, "ended" | "endedAt" | "inForce">;

/**
 * The record of the cutovers that the stack made and ended. A change to files ends a cutover, finished or not.
 * Settings in Git that name an ended one are stale, and must not cut over again (decision 10).
 */
export const cutoverRecord: Step<CutoverInputs, CutoverResults> = {
  ...kind<CutoverInputs, CutoverResults>(
    "Cutover",
    ["rollout", "taskrunner"],
    ["ended", "endedAt", "inForce"],
    [],
  ),
  id: () => "cutover",
  compares: ["cutover", "root"],
  observes: ({ direction, cutover }, prior) => {
    const { ended = 0, endedAt } = prior ?? {};
    const ends = prior?.direction === "forward" && direction === "back";
    if (ends) return Promise.resolve({ ended: prior.cutover, endedAt: new Date().toISOString() });
    const inForce = currentOf(prior) ?? cutover;
    return Promise.resolve({ ended, inForce, ...(endedAt !== undefined && { endedAt }) });
  },
  refuses: async (inputs, prior) => {
    const stale = findStaleNumber(inputs, prior);
    if (stale !== undefined) return { property: "cutover", reason: stale };
    const isAsked = usesFiles(inputs, prior);
    const unfit = isAsked ? await findUnfitState(inputs, probeByPermission) : undefined;
    return unfit === undefined ? undefined : { property: "root", reason: unfit };
  },
  forward: requireFiles,
  back: requireFiles,
};

function findStaleNumber(
  { cutover, direction, ended = 0, endedAt }: CutoverInputs,
  prior?: CutoverInputs,
): string | undefined {
  const current = currentOf(prior);
  // A larger number is left to the ledger's claim: a stack that lost its state does not know how many have ended.
  if (direction !== "forward" || cutover >= (current ?? ended + 1)) return undefined;
  const date = endedAt?.slice(0, 10) ?? "an unknown date";
  return current === undefined
    ? `Cutover ${ended} of this stack was rolled back on ${date}. To cut over again, set cutover: ${ended + 1}. Otherwise set storageMode: filesystem. Nothing was changed.`
    : `Cutover ${current} of this stack is made or under way, and the settings name cutover ${cutover}. Set cutover: ${current}. Nothing was changed.`;
}

/** Whether this update imports or exports: its direction is another one, or it goes on with other files. */
function usesFiles({ direction, root }: CutoverInputs, prior?: CutoverInputs): boolean {
  const isForward = direction === "forward";
  if (prior?.direction !== direction) return isForward || prior !== undefined;
  return isForward && prior?.root !== root;
}

async function findUnfitState(
  { root, approvals = true }: CutoverInputs,
  probe?: typeof probeByPermission,
): Promise<string | undefined> {
  if (root === undefined) return undefined;
  const address = { root: resolve(root), approvals };
  try {
    await requireState(address);
    await requireFenceWritable(address.root, probe);
    return undefined;
  } catch (error) {
    if (error instanceof StateFolderError || error instanceof WriteError) return error.message;
    throw error;
  }
}

/** Tries the state directory before the schema and the first pass. */
async function requireFiles(inputs: CutoverInputs, prior?: CutoverInputs): Promise<object> {
  const unfit = usesFiles(inputs, prior) ? await findUnfitState(inputs) : undefined;
  if (unfit !== undefined) throw new Error(unfit);
  return {};
}

function currentOf(prior?: CutoverInputs): number | undefined {
  return prior?.direction === "forward" ? (prior.inForce ?? prior.cutover) : undefined;
}

type JobsStoppedInputs = StepInputs & StopAddress;

/** Deletes unfinished Jobs of the other direction: the specification's "stop the Mongo migration runner". */
export const jobsStopped: Step<JobsStoppedInputs, object> = {
  ...kind<JobsStoppedInputs, object>("JobsStopped", ["rollout", "kubernetes"], [], []),
  id: ({ namespace }) => `${namespace}/jobs-stopped`,
  forward: stopJobs,
  back: stopJobs,
};

async function stopJobs({ direction = "forward", ...address }: JobsStoppedInputs): Promise<object> {
  await stopOthers(address, direction);
  return {};
}

/** Inputs of a drain that a person does. */
interface WorkerStoppedInputs extends StepInputs {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
  /** The setting `rollout.workerStopped`: the cutover for which the worker was stopped. */
  readonly stoppedFor?: number;
  /** The stack's own values files. */
  readonly files?: readonly ValuesFileInputs[];
  /** The fence of services that work on MongoDB already; else empty. */
  readonly takenOver?: string;
}

/** Stops a cutover until the settings say that its worker is stopped. A rollback has to work in one `up`. */
export const workerStopped: Step<WorkerStoppedInputs, object> = {
  ...kind<WorkerStoppedInputs, object>("WorkerStopped", ["rollout", "taskrunner"], [], []),
  id: () => "worker",
  refuses: findUnfitFile,
  previewFindings: (_, inputs) => {
    const text = inputs.direction === "back" ? stopFirst : requestOf(inputs);
    return Promise.resolve(text === undefined ? [] : [warning("stop-worker", text)]);
  },
  forward: (inputs) => {
    const request = requestOf(inputs);
    return request === undefined ? Promise.resolve({}) : Promise.reject(new Unfinished([request]));
  },
  back: () => Promise.resolve({}),
};

const stopFirst =
  "The program cannot see the worker (rollout.confirm: none). Stop it before this rollback: what it " +
  "executes during the export is lost.";

function requestOf(inputs: WorkerStoppedInputs): string | undefined {
  const { cutover, stoppedFor, takenOver } = inputs;
  if (stoppedFor === cutover || takenOver) return undefined;
  return (
    "The program cannot see the worker (rollout.confirm: none), so it cannot drain it. Stop the worker and " +
    "wait until its last process is gone. " +
    `Then set rollout.workerStopped: ${cutover} and run pulumi up again; it resumes here.`
  );
}
