import type * as pulumi from "@pulumi/pulumi";
import { jobsAddress } from "../../step/jobs/program";
import type { Direction } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepGroup, StepResource } from "../../step/program";
import { workerDrainInputs, type DrainSettings } from "../target";
import { Cutover } from "./cutover";
import { JobsStopped } from "./jobs-stopped";
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
    const { direction, rollout, kubernetes, jobs, cutover } = settings;
    const inputs = workerDrainInputs(settings);
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
    this.registerOutputs({ cutover: this.cutover });
  }
}
