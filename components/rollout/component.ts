import * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/program";
import { modeOf } from "../settings";
import type { ProgramSettings } from "../settings/program";
import { StepGroup, StepResource, type After } from "../step/program";
import type { Service } from "./environment";
import { helmTarget } from "./helm/target";
import { drainOf, workerDrainInputs, type DrainSettings } from "./pods/resources";
import {
  notDrained,
  type Before,
  type Drained,
  type RolloutSummary,
  type ServicesArgs,
  type Target,
  type WorkerDrained,
} from "./target";
import type { Update } from "./update/update";
import { valuesTarget } from "./values/target";
import { WorkerStopped } from "./worker-stopped";

/** Where worker and web run: values files that somebody else deploys, or releases on a Kubernetes API. */
export class Services extends StepGroup {
  /** Where the services find their connection string; never the text. */
  readonly connectionSecretRef: pulumi.Output<SecretRef>;
  readonly target: Target;

  constructor(
    name: string,
    readonly settings: ServicesSettings,
    { appUri }: Pick<ServicesArgs, "appUri">,
    options: After = {},
  ) {
    super("Services", name, options);
    const { storageMode: mode, rollout, kubernetes, direction, mongo } = settings;
    const { collections, database } = mongo;
    const args = { kubernetes, mode, direction, collections, database, appUri };
    this.target =
      rollout.target === "values"
        ? valuesTarget({ settings: rollout, ...args })
        : helmTarget({ settings: rollout, ...args }, { ...this.ofChildren, parent: this });
    this.connectionSecretRef = this.target.secretRef;
    this.registerOutputs({ connectionSecretRef: this.connectionSecretRef });
  }
}

type ServicesSettings = DrainSettings & Pick<ProgramSettings, "mongo" | "cutover" | "backfill">;

/** The worker stopped: from here on no step is executed until it is rolled out (decision 9). */
export class WorkerDrain extends StepGroup {
  readonly direction: WorkerDrained["direction"];
  readonly drained: Drained;

  constructor(
    name: string,
    { settings, target }: Services,
    update: Pick<Update, "direction">,
    options: After = {},
  ) {
    super("WorkerDrain", name, options);
    // Without the record of the cutover (`--target`) the worker stays where it is.
    const change = { direction: update.direction, mode: update.direction.apply(modeOf) };
    const before = target.beforeDrain?.(change.direction, this.ofChildren);
    const ofDrain = before ? { ...this.ofChildren, dependsOn: before } : this.ofChildren;
    const inputs = workerDrainInputs(settings);
    const releases = target.rendered ?? inputs?.releases;
    const { direction, drained } = inputs
      ? drainOf("worker-drain", { ...inputs, ...change, releases }, ofDrain)
      : drainByHand(settings, change.direction, ofDrain);
    this.direction = direction;
    this.drained = drained;
    this.registerOutputs({ drains: this.drained.drains });
  }
}

function drainByHand(
  { rollout, cutover, backfill }: ServicesSettings,
  direction: WorkerDrained["direction"],
  options: pulumi.CustomResourceOptions,
): WorkerDrained {
  if (rollout.target !== "values" || backfill === undefined) {
    return { drained: notDrained, direction };
  }
  const inputs = { direction, cutover, stoppedFor: rollout.workerStopped };
  const step = new StepResource(WorkerStopped, "worker-stopped", inputs, options);
  return { drained: notDrained, direction: step.lastDirection };
}

/**
 * A service in the mode asked for. What has to happen before it is given by `after`; the step that it
 * takes its direction from is given by itself.
 */
class Rollout extends StepGroup {
  readonly direction: Before["direction"];
  readonly summary: pulumi.Output<RolloutSummary>;
  readonly stoppedSeconds: pulumi.Output<number | undefined>;

  constructor(
    service: Service,
    [type, name]: readonly [type: string, name: string],
    target: Target,
    before: Before,
    options: After = {},
  ) {
    super(type, name, options);
    const rolledOut = target.rollOut(service, before, this.ofChildren);
    this.direction = rolledOut.direction;
    this.summary = rolledOut.summary;
    this.stoppedSeconds = rolledOut.stoppedSeconds;
    this.registerOutputs({ summary: this.summary });
  }
}

/** A step by its direction. */
type Turning = Pick<Before, "direction">;

/**
 * The worker, which changes over first (the document, "Execution order", step 4), with the
 * replicas that it had before the drain.
 */
export class WorkerRollout extends Rollout {
  constructor(
    name: string,
    { target }: Services,
    { drain, handover }: { readonly drain: WorkerDrain; readonly handover: Turning },
    options?: After,
  ) {
    const { drained } = drain;
    const { direction } = handover;
    super("worker", ["WorkerRollout", name], target, { drained, direction }, options);
  }
}

/** The web service, which follows the worker. */
export class WebRollout extends Rollout {
  constructor(name: string, { target }: Services, { direction }: Turning, options?: After) {
    super("web", ["WebRollout", name], target, { direction, drained: notDrained }, options);
  }
}
