import * as pulumi from "@pulumi/pulumi";
import { jobsAddress } from "../../step/jobs/program";
import type { Settings, SharedReleaseSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepGroup, StepResource } from "../../step/program";
import { JobsStopped } from "./jobs-stopped";
import { findSharedRelease } from "./modes";
import { ReleaseStep, type ReleaseStepInputs } from "./provider";
import { describeNext, workerAlone } from "./words";

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
    this.next = shared && describeNext(shared.step);
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
  mode: Settings["storageMode"],
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
