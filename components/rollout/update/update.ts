import type * as pulumi from "@pulumi/pulumi";
import type { Direction } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepGroup, StepResource, type StepOptions } from "../../step/program";
import { jobsAddress } from "../../step/stack-jobs";
import { workerDrainInputs, type DrainSettings } from "../target";
import { cutoverRecord, jobsStopped, servicesCheck } from "./steps";

type UpdateSettings = DrainSettings & Pick<ProgramSettings, "jobs" | "cutover">;

/** Checks the services and their releases before anything changes, then stops Jobs of the other direction. */
export class Update extends StepGroup {
  /** The direction that the stack goes, or went last: the worker's drain takes its own from it. */
  readonly direction: pulumi.Output<Direction>;
  /** The number that `storageMode: mongo` has to name in the next update. */
  readonly cutover: pulumi.Output<number>;

  constructor(name: string, settings: UpdateSettings, options?: StepOptions) {
    super("Update", name, options);
    const { direction, jobs, cutover } = settings;
    const inputs = workerDrainInputs(settings);
    const check =
      inputs && new StepResource(servicesCheck, "services-check", inputs, this.ofChildren);
    const afterCheck = { ...this.ofChildren, ...(check && { dependsOn: check }) };
    const record = new StepResource(cutoverRecord, "cutover", { direction, cutover }, afterCheck);
    if (jobs) {
      const inputs = { direction, ...jobsAddress(jobs, settings, this) };
      const options = { ...this.ofChildren, dependsOn: record };
      new StepResource(jobsStopped, "jobs-stopped", inputs, options);
    }
    this.direction = record.lastDirection;
    this.cutover = record
      .output("ended")
      .apply((ended = 0) => (direction === "forward" ? cutover : ended + 1));
    this.registerOutputs({ cutover: this.cutover });
  }
}
