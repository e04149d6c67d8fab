import * as pulumi from "@pulumi/pulumi";
import { warning } from "../contract/finding";
import type { DrainSnapshot } from "../kubernetes";
import type { SecretRef } from "../kubernetes/program";
import { modeOf, type Direction } from "../settings";
import type { ProgramSettings } from "../settings/program";
import { logFinding, StepGroup, StepResource, type After } from "../step/program";
import type { Service } from "./environment";
import { helmTarget } from "./helm/target";
import { Drain, DrainRequest, PodsReplaced } from "./pods/inputs";
import {
  serviceAddress,
  placementOf,
  workerDrainInputs,
  type DrainSettings,
  type ModeChange,
  type RolloutSummary,
  type Target,
} from "./target";
import type { Update } from "./update/update";
import { valuesTarget } from "./values/target";
import { WorkerStopped } from "./worker-stopped";

type ServicesSettings = DrainSettings & Pick<ProgramSettings, "mongo" | "cutover" | "backfill">;

/** Where worker and web run: values files that somebody else deploys, or releases on a Kubernetes API. */
export class Services extends StepGroup {
  /** Where the services find their connection string; never the text. */
  readonly connectionSecretRef: pulumi.Output<SecretRef>;
  readonly target: Target;

  /** @param appUri the services' connection string, a secret; absent in filesystem mode where no setting has one */
  constructor(
    name: string,
    readonly settings: ServicesSettings,
    { appUri }: { readonly appUri?: pulumi.Input<string> | undefined },
    options: After = {},
  ) {
    super("Services", name, options);
    const { rollout, mongo } = settings;
    this.target =
      rollout.target === "values"
        ? valuesTarget(rollout, mongo)
        : helmTarget({ ...settings, rollout, appUri }, { ...this.ofChildren, parent: this });
    this.connectionSecretRef = this.target.secretRef;
    this.registerOutputs({ connectionSecretRef: this.connectionSecretRef });
  }
}

/** What a drain hands over. */
interface Drained {
  /** How often the worker was drained; a rollout that sees a new number puts its replicas back. */
  readonly drains: pulumi.Output<number> | undefined;
  /** When that drain began, in ISO 8601, UTC. */
  readonly stoppedAt: pulumi.Output<string> | undefined;
  /** The worker as its drain left it. */
  readonly standstill: pulumi.Output<DrainSnapshot> | undefined;
}

/** Nothing can be seen of a drain (`confirm: none`), or it is not this service's. */
const noDrain: Drained = { drains: undefined, stoppedAt: undefined, standstill: undefined };

/** The worker stopped: from here on no step is executed until it is rolled out (decision 9). */
export class WorkerDrain extends StepGroup {
  /** The direction that it goes, or went last; the handover takes its own from it. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;

  constructor(
    name: string,
    { settings, target }: Services,
    { direction }: Pick<Update, "direction">,
    options: After = {},
  ) {
    super("WorkerDrain", name, options);
    const inputs = workerDrainInputs(settings);
    if (inputs) {
      const asked = { direction, service: inputs.service };
      const request = new StepResource(
        DrainRequest,
        "worker-drain-request",
        asked,
        this.ofChildren,
      );
      const all = {
        ...{ ...inputs, direction },
        // Without the record of the cutover (`--target`) the worker stays where it is.
        mode: direction.apply(modeOf),
        releases: target.rendered ?? inputs.releases,
        requests: request.output("requests") as pulumi.Output<number>,
        requestedAt: request.output("requestedAt") as pulumi.Output<string>,
      };
      const drain = new StepResource(Drain, "worker-drain", all, this.ofChildren);
      const { kubeconfig, context, namespace } = inputs;
      // The cluster may have another name than at the drain.
      const address = { kubeconfig, context, namespace };
      this.direction = drain.lastDirection;
      this.drained = {
        drains: drain.output("drains") as pulumi.Output<number>,
        stoppedAt: drain.output("stoppedAt") as pulumi.Output<string>,
        standstill: pulumi
          .all([drain.output("standstill"), address])
          .apply(([still, address]) => still && { ...still, address }) as Drained["standstill"],
      };
    } else {
      const { cutover, backfill, rollout } = settings;
      const asked = { direction, cutover, stoppedFor: placementOf(rollout).workerStopped };
      this.direction = backfill
        ? new StepResource(WorkerStopped, "worker-stopped", asked, this.ofChildren).lastDirection
        : direction;
      this.drained = noDrain;
    }
    this.registerOutputs({ drains: this.drained.drains });
  }
}

/** What a service's rollout follows. */
interface Before {
  /** The direction that the step before it goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;
}

/**
 * A service in the mode asked for. What has to happen before it is given by `after`; the step that it
 * takes its direction from is given by itself.
 */
class Rollout extends StepGroup {
  /** The direction that its last step goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly summary: pulumi.Output<RolloutSummary>;
  /** How long the service was stopped in its last change of mode; undefined if no drain was seen. */
  readonly stoppedSeconds: pulumi.Output<number | undefined>;

  constructor(
    service: Service,
    [type, name]: readonly [type: string, name: string],
    { target, settings }: Services,
    { direction: before, drained }: Before,
    options: After = {},
  ) {
    super(type, name, options);
    const change = effectiveMode(service, settings.direction, before);
    const deployed = target.deploy(service, change, this.ofChildren);
    const { resource, revision, summary } = deployed;
    const address = serviceAddress(settings, service);
    const { timeoutSeconds } = settings.rollout;
    const asked = { ...change, service, timeoutSeconds, ...drained, revision };
    // A release of both is there before web's rollout begins.
    const afterIt = { parent: this, dependsOn: [resource, ...(options.dependsOn ?? [])] };
    const pods =
      address &&
      new StepResource(PodsReplaced, `${service}-pods`, { ...address, ...asked }, afterIt);
    this.direction = pods?.lastDirection ?? deployed.direction;
    this.summary = pulumi.all([summary, (pods ?? resource).urn]).apply(([said]) => said);
    this.stoppedSeconds = pods?.output("stoppedSeconds") ?? pulumi.output(undefined);
    if (service === "web") target.cleanUp?.({ parent: this, dependsOn: pods ?? resource });
    this.registerOutputs({ summary: this.summary });
  }
}

/**
 * A service follows the step before it: `--target` and `--exclude` cannot take it past that step (decision
 * 9). If that step went another way than asked because it is not part of the update, the service stays where
 * it is, which is a warning. Both are known in previews.
 */
function effectiveMode(
  service: Service,
  asked: Direction,
  before: pulumi.Output<Direction>,
): ModeChange {
  const direction = before.apply(async (direction) => {
    if (direction === asked) return direction;
    const text =
      `The service ${service} stays in ${modeOf(direction)} mode: the step before its rollout is not part of this ` +
      "update. Run `pulumi up` without --target and --exclude.";
    await logFinding(warning("service-stays", text));
    return direction;
  });
  return { direction, mode: direction.apply(modeOf) };
}

/**
 * The worker, which changes over first (the document, "Execution order", step 4), with the
 * replicas that it had before the drain.
 */
export class WorkerRollout extends Rollout {
  /** How often the worker was drained, which pauses web of a release that holds both. */
  readonly drains: Drained["drains"];

  constructor(
    name: string,
    services: Services,
    before: { readonly drain: WorkerDrain; readonly handover: Pick<Before, "direction"> },
    options?: After,
  ) {
    const { drained } = before.drain;
    const { direction } = before.handover;
    super("worker", ["WorkerRollout", name], services, { drained, direction }, options);
    this.drains = drained.drains;
  }
}

/** The web service, which follows the worker. */
export class WebRollout extends Rollout {
  constructor(
    name: string,
    services: Services,
    { direction, drains }: Pick<WorkerRollout, "direction" | "drains">,
    options?: After,
  ) {
    const isPaused = placementOf(services.settings.rollout).releases.length === 1;
    const drained = isPaused ? { ...noDrain, drains } : noDrain;
    super("web", ["WebRollout", name], services, { direction, drained }, options);
  }
}
