import * as pulumi from "@pulumi/pulumi";
import { jobsAddress } from "../../step/jobs/program";
import type { SharedReleaseSettings, StorageMode } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepGroup, StepResource } from "../../step/program";
import { JobsStopped } from "./jobs-stopped";
import { findSharedRelease, otherMode } from "./modes";
import { ReleaseStep, type ReleaseStepInputs } from "./provider";

type UpdateSettings = Pick<
  ProgramSettings,
  "storageMode" | "rollout" | "kubernetes" | "jobs" | "directions"
>;

/**
 * What comes before anything else: Jobs of the other direction are stopped; and where one release holds
 * both services, an update that would take both to another mode at once is refused, in a preview already.
 */
export class Update extends StepGroup {
  /** What the next update has to be, in words; undefined where this one does all. */
  readonly next: string | undefined;

  constructor(name: string, settings: UpdateSettings) {
    super("Update", name, {});
    const { directions, rollout, kubernetes, jobs } = settings;
    const direction = directions.worker;
    if (jobs) {
      const inputs = { direction, ...jobsAddress({ jobs, kubernetes, rollout }) };
      new StepResource(JobsStopped, "jobs-stopped", inputs, this.ofChildren);
    }
    const shared = findSharedRelease(rollout);
    this.next = shared && next[shared.step];
    if (shared) this.look(shared, settings);
    this.registerOutputs({ next: this.next });
  }

  private look(rollout: SharedReleaseSettings, settings: UpdateSettings): void {
    const { storageMode, directions, kubernetes } = settings;
    const release = inputsOf(rollout, storageMode);
    const inputs = { direction: directions.worker, ...kubernetes, ...release };
    const step = new StepResource(ReleaseStep, "release-step", inputs, this.ofChildren);
    if (rollout.step === "worker") void pulumi.log.warn(workerAlone(storageMode), step);
  }
}

function inputsOf(
  rollout: SharedReleaseSettings,
  mode: StorageMode,
): Omit<ReleaseStepInputs, "cutover"> {
  const { namespace, shared, worker, web, step } = rollout;
  return {
    namespace,
    release: shared.release,
    selectors: { worker: worker.selector, web: web.selector },
    step,
    mode,
  };
}

const next = {
  worker: "set rollout.step: web and run pulumi up",
  web: "nothing until storageMode changes; then also set rollout.step: worker",
} as const;

/** What an update of only the worker leaves to be done. */
function workerAlone(mode: StorageMode): string {
  const other = otherMode(mode);
  return (
    `This update changes the worker to ${mode} mode and leaves web in ${other} mode. ` +
    `Next: ${next.worker}. ` +
    (mode === "mongo"
      ? "Second handover, verification and log expiry wait for it. "
      : "The export of what web still writes to MongoDB waits for it. ") +
    `To undo this instead, set storageMode: ${other} with rollout.step: web and run pulumi up, which returns ` +
    "the worker."
  );
}
