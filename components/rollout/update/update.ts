import * as pulumi from "@pulumi/pulumi";
import { jobsAddress } from "../../step/jobs/program";
import type { Direction, StorageMode } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { logFinding, StepGroup, StepResource } from "../../step/program";
import { workerDrainInputs, type DrainSettings } from "../pods/resources";
import { Cutover } from "./cutover";
import { JobsStopped } from "./jobs-stopped";
import { findSharedRelease, otherMode } from "./modes";
import { ServicesCheck } from "./services-check";

type UpdateSettings = DrainSettings & Pick<ProgramSettings, "jobs" | "cutover">;

/**
 * What comes before anything else: the services and their releases are as the settings say, or nothing is
 * changed; then Jobs of the other direction are stopped.
 */
export class Update extends StepGroup {
  /** The direction that the stack goes, or went last: the worker's drain takes its own from it. */
  readonly direction: pulumi.Output<Direction>;
  /** The number that `storageMode: mongo` has to name in the next update. */
  readonly cutover: pulumi.Output<number>;

  constructor(name: string, settings: UpdateSettings) {
    super("Update", name, {});
    const { directions, rollout, kubernetes, jobs, storageMode, cutover } = settings;
    const direction = directions.worker;
    const shared = findSharedRelease(rollout);
    const worker = workerDrainInputs(settings);
    const asked = shared && {
      selectors: { worker: shared.worker.selector, web: shared.web.selector },
      step: shared.step,
    };
    const inputs = worker && { ...worker, shared: asked };
    const check =
      inputs && new StepResource(ServicesCheck, "services-check", inputs, this.ofChildren);
    const afterCheck = { ...this.ofChildren, dependsOn: check ?? [] };
    const record = new StepResource(Cutover, "cutover", { direction, cutover }, afterCheck);
    if (jobs) {
      const inputs = { direction, ...jobsAddress({ jobs, kubernetes, rollout }) };
      const options = { ...this.ofChildren, dependsOn: record };
      new StepResource(JobsStopped, "jobs-stopped", inputs, options);
    }
    this.direction = record.lastDirection;
    this.cutover = record
      .output("ended")
      .apply((ended = 0) => (direction === "forward" ? cutover : ended + 1));
    if (shared?.step === "worker")
      void logFinding(
        { severity: "warn", code: "web-waits", text: workerAlone(storageMode) },
        check,
      );
    this.registerOutputs({ cutover: this.cutover });
  }
}

function workerAlone(mode: StorageMode): string {
  const other = otherMode(mode);
  return (
    `This update changes the worker to ${mode} mode and leaves web in ${other} mode. ` +
    "Next: set rollout.step: web and run pulumi up. " +
    (mode === "mongo"
      ? "Second handover, verification and log expiry wait for it. "
      : "The export of what web still writes to MongoDB waits for it. ") +
    `To undo this instead, set storageMode: ${other} with rollout.step: web and run pulumi up, which returns ` +
    "the worker."
  );
}
