import { stateRoot, type JobCommand } from "../jobs";
import type { ImportStage } from "./stage";

const [json, from] = ["--json", ["--from", stateRoot]] as const;

/** An import as a command of a Job, by so many pods that share the runs. */
export function importCommand(stage: ImportStage, pods: number): JobCommand {
  const shared = pods > 1;
  const step = stage === "backfill" ? stage : `${stage}-import`;
  const shard = shared ? ["--shard", `index/${pods}`] : [];
  const args = ["backfill", ...from, "--stage", stage, ...shard, json, "--exit-zero"];
  return { step, args, state: "read", ...(shared && { pods }) };
}

/** A verification as a command of a Job. */
export function verificationCommand(): JobCommand {
  const args = ["verify", ...from, "--forget", json, "--exit-zero"];
  return { step: "verification", args, state: "read" };
}

/**
 * The fence of a cutover as a command of a Job.
 *
 * @param former when the fence was drawn behind which the services still may be, in ISO 8601
 */
export function fenceCommand(former?: string): JobCommand {
  const follows = former === undefined ? [] : ["--follows", former];
  return { step: "fence", args: ["fence", "--at", stateRoot, ...follows, json], state: "write" };
}

/** How a way back goes. */
interface WayBackCommand {
  readonly heldRuns: "hold" | "release";
  /** Whether the fence that is kept beside the files is one of this cutover. */
  readonly hasFence: boolean;
  /** Whether the services work on the files again. */
  readonly isLater: boolean;
}

/**
 * The way back's export as a command of a Job.
 */
export function wayBackCommand(
  stage: "export" | "rest",
  { heldRuns, hasFence, isLater }: WayBackCommand,
): JobCommand {
  const options = [...(hasFence ? [] : ["--no-fence"]), ...(isLater ? ["--later"] : [])];
  const args = ["wayback", "--to", stateRoot, "--held-runs", heldRuns, ...options, json];
  const step = stage === "export" ? stage : "final-export";
  return { step, args, state: "write", isWayBack: true };
}
