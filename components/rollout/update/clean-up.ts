import { warning } from "../../text";
import {
  controllersOf,
  describeController,
  isDrained,
  kubectlAt,
  replicasBefore,
  type Cluster,
} from "../../kubernetes";
import type { Direction } from "../../settings";
import { reportLine } from "../../step";
import { cutoverInForce, readCutoverRecord, StateFolderError } from "../../state";
import type { DrainInputs } from "../pods/inputs";
import { resumeWeb } from "../pods/paused";

/** The inputs of the services check that the clean-up needs. */
export type LeftInputs = DrainInputs & {
  /** The state directory; absent if the settings have none, or if Jobs mount it. */
  readonly root?: string;
};

/**
 * The last action of `pulumi destroy`, and of an update whose settings drop the drain: resumes web, wherever a cutover
 * stopped. If a drain left the worker at zero, it changes nothing, because you decide which mode is right: it prints
 * the commands, and the mode by `cutover.json`.
 *
 * @throws ClusterError
 */
export async function cleanUp(cluster: Cluster, left: LeftInputs): Promise<void> {
  const stopped = (await controllersOf(cluster, left)).filter(isDrained);
  if (stopped.length === 0) return resumeWeb(cluster, left);
  const names = stopped.map(describeController).join(", ");
  const commands = stopped.map((one) => {
    const workload = describeController(one).toLowerCase();
    return `${kubectlAt(cluster.location)} scale ${workload} --replicas=${replicasBefore(one) ?? 1}`;
  });
  const text =
    `${names}: at 0 replicas since this stack's drain, and this stack no longer scales it up. ` +
    `${await describeTruth(left.root)} Run the worker in that mode: ${commands.join("; ")}. ` +
    "A web that the drain paused stays paused until then: kubectl rollout resume.";
  reportLine(warning("worker-left", text));
}

/** Says, once a stack is destroyed, what stays, in which mode the services belong, and how to roll back later. */
export async function reportKept({
  direction,
  cutover,
  root,
}: {
  readonly direction?: Direction;
  readonly cutover: number;
  readonly root?: string;
}): Promise<void> {
  const disk = root === undefined ? "on disk" : `in ${root}`;
  reportLine(
    `Nothing was deleted in MongoDB or ${disk}. What Pulumi counts as deleted is only the stack's record.`,
  );
  reportLine(`Worker and web stay as they are. ${await describeTruth(root)}`);
  if (direction === "back") return;
  reportLine(
    "A destroyed stack knows of no cutover. To roll back later, first run `pulumi up` with storageMode: mongo and " +
      `cutover: ${cutover}, which takes the services over.`,
  );
}

/** The mode in which the services belong. */
async function describeTruth(root?: string): Promise<string> {
  if (root === undefined) return "cutover.json in the state directory shows the mode.";
  try {
    const cutoverRecord = await readCutoverRecord(root);
    const inForce = cutoverInForce(cutoverRecord);
    if (inForce) {
      return `cutover.json in ${root} has a cutover in force since ${inForce.at}, so MongoDB is the source of truth, and both belong in mongo mode.`;
    }
    const why = cutoverRecord
      ? `a cutover that was rolled back at ${cutoverRecord.endedAt}`
      : "no cutover";
    return `cutover.json in ${root} has ${why}, so the files are the source of truth, and both belong in filesystem mode.`;
  } catch (error) {
    if (!(error instanceof StateFolderError)) throw error;
    return error.message;
  }
}
