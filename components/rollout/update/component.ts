import * as pulumi from "@pulumi/pulumi";
import type { StateFolders } from "../../contract";
import type { Direction } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { ownerOf, stackName, StepGroup, StepResource, type StepOptions } from "../../step/program";
import { jobsAddress } from "../../step/stack-jobs";
import { modeKey, serviceEnvironment } from "../environment";
import { serviceAddress } from "../placement";
import { workerDrainInputs } from "../pods/drain-settings";
import type { DrainSettings } from "../target";
import { cutoverNumbers } from "./cutover";
import { modesInFiles } from "./live";
import { servicesCheck } from "./services-check";
import { jobsStopped } from "./stopped";

interface UpdateArgs extends DrainSettings, Pick<ProgramSettings, "jobs" | "approvals"> {
  /** The runs on disk, which only Jobs reach if they mount them. */
  readonly files: { readonly root: string | undefined; readonly folders: StateFolders };
}

/** Checks the services and their releases before anything changes, then stops Jobs of the other direction. */
export class Update extends StepGroup {
  /** The direction that the stack goes, or went last: the worker's drain takes its own from it. */
  readonly direction: pulumi.Output<Direction>;
  /** The number that `storageMode: mongo` has to name in the next update. */
  readonly cutover: pulumi.Output<number>;
  /** How many cutovers have ended. */
  readonly ended: pulumi.Output<number>;
  /** Set if the program does not see the services, and reaches their files: a person has to run the final pass. */
  readonly confirm: "none" | undefined;
  /** When web was last found on files after a cutover, in ISO 8601, UTC; undefined if it never was, or is not seen. */
  readonly webOnFilesAt: pulumi.Output<string>;
  /** The number of the cutover that the stack has made or is making, and how the worker's mode is found. */
  readonly live: ReturnType<typeof liveWorker> & { readonly inForce: pulumi.Output<number> };

  constructor(name: string, { files, ...settings }: UpdateArgs, options?: StepOptions) {
    super("Update", name, options);
    const { direction, jobs, cutover, approvals } = settings;
    const root = jobs ? undefined : files.root;
    const inputs = workerDrainInputs(settings, stackName());
    const checked = inputs && { ...inputs, ...canaryAtCheck(settings, this), root };
    const check =
      checked && new StepResource(servicesCheck, "services-check", checked, this.ofChildren);
    const afterCheck = { ...this.ofChildren, ...(check && { dependsOn: check }) };
    this.confirm = inputs || !root ? undefined : "none";
    const { confirm } = this;
    const asked = { direction, cutover, root, folders: files.folders, approvals, confirm };
    const numbers = new StepResource(cutoverNumbers, "cutover", asked, afterCheck);
    if (jobs) {
      const inputs = { direction, ...jobsAddress(jobs, settings, this) };
      const options = { ...this.ofChildren, dependsOn: numbers };
      new StepResource(jobsStopped, "jobs-stopped", inputs, options);
    }
    this.direction = numbers.lastDirection;
    // The type of an input does not allow undefined, and an output may be it.
    const found = check?.output("webOnFilesAt") ?? pulumi.output(undefined);
    this.webOnFilesAt = found.apply((at) => (at === "" ? undefined : at)) as pulumi.Output<string>;
    this.ended = numbers.output("ended").apply((ended = 0) => ended);
    const inForce = numbers.output("inForce").apply((number = cutover) => number);
    this.live = { ...liveWorker(settings), inForce };
    this.cutover = this.ended.apply((ended) => (direction === "forward" ? cutover : ended + 1));
    this.registerOutputs({ cutover: this.cutover });
  }
}

/** The worker, and the variable with its mode; if the program does not see it, the modes in its values files. */
function liveWorker(settings: DrainSettings) {
  const address = serviceAddress(settings, "worker");
  if (address) return { worker: { ...address, variable: modeKey("worker") } };
  return { workerModes: modesInFiles(settings.rollout, "worker") };
}

/** The canary's inputs of the services check: its owner and, in a cutover, its variables. */
function canaryAtCheck(
  { rollout, mongo, direction }: Pick<DrainSettings, "rollout" | "mongo" | "direction">,
  component: pulumi.Resource,
) {
  const { name = "known-later", key } = rollout.connectionSecret;
  const isAsked = rollout.canary && direction === "forward";
  const names = { ...mongo, connectionSecret: { name, key } };
  const environment = isAsked ? serviceEnvironment("web", "forward", names) : undefined;
  return { owner: ownerOf(component), canary: environment };
}
