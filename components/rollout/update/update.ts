import * as pulumi from "@pulumi/pulumi";
import { jobsAddress } from "../../step/jobs/program";
import type { StorageMode } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepGroup, StepResource } from "../../step/program";
import { workerDrainInputs, type DrainSettings } from "../pods/resources";
import { JobsStopped } from "./jobs-stopped";
import { findSharedRelease, otherMode } from "./modes";
import { ServicesCheck } from "./services-check";

type UpdateSettings = DrainSettings & Pick<ProgramSettings, "jobs">;

/**
 * What comes before anything else: the services and their releases are as the settings say, or nothing is
 * changed; then Jobs of the other direction are stopped.
 */
export class Update extends StepGroup {
  /** What the next update has to be, in words; undefined where this one does all. */
  readonly next: string | undefined;

  constructor(name: string, settings: UpdateSettings) {
    super("Update", name, {});
    const { directions, rollout, kubernetes, jobs, storageMode } = settings;
    const shared = findSharedRelease(rollout);
    const worker = workerDrainInputs(settings);
    const asked = shared && {
      selectors: { worker: shared.worker.selector, web: shared.web.selector },
      step: shared.step,
    };
    const inputs = worker && { ...worker, shared: asked };
    const check =
      inputs && new StepResource(ServicesCheck, "services-check", inputs, this.ofChildren);
    if (jobs) {
      const address = jobsAddress({ jobs, kubernetes, rollout });
      const options = { ...this.ofChildren, dependsOn: check ?? [] };
      const inputs = { direction: directions.worker, ...address };
      new StepResource(JobsStopped, "jobs-stopped", inputs, options);
    }
    this.next = shared && next[shared.step];
    if (shared?.step === "worker") void pulumi.log.warn(workerAlone(storageMode), check);
    this.registerOutputs({ next: this.next });
  }
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
