import * as pulumi from "@pulumi/pulumi";
import type { StateFolders } from "../contract";
import { warning } from "../text";
import type { SecretRef } from "../kubernetes/program";
import { drainGateOf, type Direction } from "../settings";
import type { ProgramSettings } from "../settings/program";
import { logFinding, logOn, StepGroup, StepResource, type StepOptions } from "../step/program";
import { jobsAddress } from "../step/stack-jobs";
import { modeAfter, type Service } from "./environment";
import { helmTarget } from "./helm/release";
import { drain } from "./pods/drain";
import { drainRequest } from "./pods/drain-request";
import type { FinishedDrain } from "./pods/inputs";
import { podsReplaced } from "./pods/replaced";
import { resolveTarget, serviceAddress } from "./placement";
import {
  canaryAtCheck,
  liveWorker,
  ownValuesFiles,
  workerDrainInputs,
  type DrainSettings,
  type RolloutSummary,
  type Target,
} from "./target";
import { cutoverRecord } from "./update/cutover";
import { servicesCheck } from "./update/services-check";
import { jobsStopped, workerStopped } from "./update/stopped";
import { valuesTarget } from "./values/target";

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
  /** The number of the cutover that the stack has made or is making, and how the worker's mode is found. */
  readonly live: ReturnType<typeof liveWorker> & { readonly inForce: pulumi.Output<number> };

  constructor(name: string, { files, ...settings }: UpdateArgs, options?: StepOptions) {
    super("Update", name, options);
    const { direction, jobs, cutover, approvals } = settings;
    const root = jobs ? undefined : files.root;
    const inputs = workerDrainInputs(settings);
    const checked = inputs && { ...inputs, ...canaryAtCheck(settings, this), root };
    const check =
      checked && new StepResource(servicesCheck, "services-check", checked, this.ofChildren);
    const afterCheck = { ...this.ofChildren, ...(check && { dependsOn: check }) };
    const asked = { direction, cutover, root, folders: files.folders, approvals };
    const record = new StepResource(cutoverRecord, "cutover", asked, afterCheck);
    if (jobs) {
      const inputs = { direction, ...jobsAddress(jobs, settings, this) };
      const options = { ...this.ofChildren, dependsOn: record };
      new StepResource(jobsStopped, "jobs-stopped", inputs, options);
    }
    this.direction = record.lastDirection;
    this.ended = record.output("ended").apply((ended = 0) => ended);
    const inForce = record.output("inForce").apply((number = cutover) => number);
    this.live = { ...liveWorker(settings), inForce };
    this.cutover = this.ended.apply((ended) => (direction === "forward" ? cutover : ended + 1));
    this.registerOutputs({ cutover: this.cutover });
  }
}

/** The settings of the services. */
interface ServicesArgs
  extends DrainSettings, Pick<ProgramSettings, "mongo" | "cutover" | "backfill"> {
  /** The services' connection string, secret; absent in filesystem mode if no setting has one. */
  readonly appUri?: pulumi.Input<string> | undefined;
}

/** Where worker and web run: values files that somebody else deploys, or Helm releases. */
export class Services extends StepGroup {
  /** The Secret with the services' connection string. */
  readonly connectionSecretRef: pulumi.Output<SecretRef>;
  readonly target: Target;

  constructor(
    name: string,
    readonly settings: ServicesArgs,
    options?: StepOptions,
  ) {
    super("Services", name, options);
    const { rollout, mongo } = settings;
    this.target =
      rollout.target === "values"
        ? valuesTarget(rollout, mongo)
        : helmTarget({ ...settings, rollout }, { ...this.ofChildren, parent: this });
    this.connectionSecretRef = this.target.secretRef;
    this.registerOutputs({ connectionSecretRef: this.connectionSecretRef });
  }
}

/** The last finished drain of the worker, and when it began; absent if the program sees no pods. */
interface Drained {
  readonly stoppedAt?: pulumi.Output<string>;
  readonly drainSnapshot?: pulumi.Output<FinishedDrain>;
}

interface Proven {
  readonly at: string;
  readonly importMs: number;
}

interface WorkerDrainArgs {
  readonly services: Services;
  readonly update: Pick<Update, "direction" | "ended">;
  /** When the import was proven, and how long one of later changes takes, for people at a closed gate. */
  readonly proven?: pulumi.Output<Proven | undefined>;
  /** The fence of services that the stack took over: nobody has to stop their worker. Else empty. */
  readonly takenOver: pulumi.Output<string>;
}

/** Stops the worker, so that no step is executed until its rollout (docs/design.md#one-executor-at-a-time). */
export class WorkerDrain extends StepGroup {
  /** The direction that it goes, or went last; the handover takes its own from it. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;
  /** When a worker that the program does not see was last stopped; absent if it sees it. */
  readonly stoppedAt?: pulumi.Output<string>;

  constructor(
    name: string,
    { services: { settings, target }, update, proven, takenOver }: WorkerDrainArgs,
    options?: StepOptions,
  ) {
    super("WorkerDrain", name, options);
    const { direction, ended } = update;
    const inputs = workerDrainInputs(settings);
    this.drained = {};
    if (inputs) {
      const { kubeconfig, context, namespace, release, selector, service, gate } = inputs;
      const where = { kubeconfig, context, namespace, release, selector };
      const asked = { ...where, direction, service, gate };
      const name = "worker-drain-request";
      const request = new StepResource(drainRequest, name, asked, this.ofChildren);
      const { lastDirection } = request;
      if (gate === "closed") this.describeGate(settings, lastDirection, proven);
      const all = {
        ...inputs,
        // Without the record of the cutover (`--target`) the worker stays where it is.
        direction: lastDirection,
        releases: target.rendered ?? inputs.releases,
        ended,
        requests: request.output("requests") as pulumi.Output<number>,
        requestedAt: request.output("requestedAt") as pulumi.Output<string>,
      };
      const resource = new StepResource(drain, "worker-drain", all, this.ofChildren);
      const { ignorePods: ignored } = inputs;
      // The cluster may have another name than at the drain, and an error may have asked for other ignored pods.
      const address = { kubeconfig, context, namespace };
      this.direction = resource.lastDirection;
      const drainSnapshot = pulumi
        .all([resource.output("drainSnapshot"), { address, ignored }])
        .apply(([last, { address, ignored }]) => {
          return last && { ...last, address, executors: { ...last.executors, ignored } };
        });
      // The type of an input does not allow undefined, and an output may be it.
      this.drained = {
        drainSnapshot: drainSnapshot as pulumi.Output<FinishedDrain>,
        stoppedAt: drainSnapshot.apply((last) => last?.stoppedAt) as pulumi.Output<string>,
      };
    } else if (settings.backfill) {
      const { cutover, rollout } = settings;
      const files = ownValuesFiles(settings);
      const { workerStopped: stoppedFor } = resolveTarget(rollout);
      const asked = { direction, cutover, stoppedFor, files, takenOver };
      const stopped = new StepResource(workerStopped, "worker-stopped", asked, this.ofChildren);
      this.direction = stopped.lastDirection;
      this.stoppedAt = stopped.output("stoppedAt") as pulumi.Output<string>;
    } else {
      this.direction = direction;
    }
    this.registerOutputs({ stoppedAt: this.drained.stoppedAt });
  }

  /** Says at a closed gate what it stops at, and the line that opens it. */
  private describeGate(
    { cutover }: ServicesArgs,
    direction: pulumi.Output<Direction>,
    proven?: pulumi.Output<Proven | undefined>,
  ): void {
    const isPreview = pulumi.runtime.isDryRun();
    const known = pulumi.all([direction, isPreview ? undefined : proven]);
    known.apply(async ([direction, proven]) => {
      if (direction === "forward") return;
      const { at = "now", importMs = 0 } = proven ?? {};
      const stop = `about ${Math.ceil(importMs / 1_000)} s, and while its pods end and start`;
      const text = isPreview
        ? `Prepares cutover ${cutover}; stops nobody.`
        : `Cutover ${cutover} is ready since ${at}; nobody was stopped. The worker will be stopped for ${stop}.`;
      const open = `To cut over, set rollout.drain: ${cutover} and run pulumi up.`;
      await logOn("info", `${text} ${open}`, this);
    });
  }
}

interface Before {
  /** The direction that the step before it goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;
  readonly stoppedAt: WorkerDrain["stoppedAt"];
}

/** Changes the mode of a service, which takes its direction from the step before. */
class Rollout extends StepGroup {
  /** The direction that its last step goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly summary: pulumi.Output<RolloutSummary>;
  /** How long the last change of mode stopped the service; undefined without a drain. */
  readonly stoppedSeconds: pulumi.Output<number | undefined>;

  constructor(
    service: Service,
    [type, name]: readonly [type: string, name: string],
    { target, settings }: Services,
    { direction: before, drained, stoppedAt }: Before,
    options?: StepOptions,
  ) {
    super(type, name, options);
    const direction = effectiveDirection(service, settings, before);
    const change = { direction, ...(stoppedAt && { stoppedAt }) };
    const deployed = target.deploy(service, change, this.ofChildren);
    const { resource, revision, summary } = deployed;
    const address = serviceAddress(settings, service);
    const { timeoutSeconds } = settings.rollout;
    const asked = { ...change, service, timeoutSeconds, ...drained, revision };
    // A release of both is there before web's rollout begins.
    const afterIt = { parent: this, dependsOn: [resource, ...this.before] };
    const pods =
      address &&
      new StepResource(podsReplaced, `${service}-pods`, { ...address, ...asked }, afterIt);
    this.direction = pods?.lastDirection ?? deployed.direction;
    this.summary = pulumi.all([summary, (pods ?? resource).urn]).apply(([said]) => said);
    this.stoppedSeconds = pods?.output("stoppedSeconds") ?? pulumi.output(undefined);
    this.registerOutputs({ summary: this.summary });
  }
}

/**
 * The direction of the step before, so that `--target` and `--exclude` cannot take a service past it
 * (docs/design.md#one-list-of-steps). Warns, in a preview too, if that is not the one asked for.
 */
function effectiveDirection(
  service: Service,
  settings: ServicesArgs,
  before: pulumi.Output<Direction>,
): pulumi.Output<Direction> {
  return before.apply(async (direction) => {
    // Behind a closed gate it is to stay.
    if (direction === settings.direction || drainGateOf(settings) === "closed") return direction;
    const text =
      `The service ${service} stays in ${modeAfter(direction)} mode: the step before its rollout is not part of this ` +
      "update. Run `pulumi up` without --target and --exclude.";
    await logFinding(warning("service-stays", text));
    return direction;
  });
}

interface WorkerRolloutArgs {
  readonly services: Services;
  readonly drain: WorkerDrain;
  readonly handover: Pick<Before, "direction">;
}

/** Rolls out the worker first (specification, "Execution order", step 4), with its replicas from before the drain. */
export class WorkerRollout extends Rollout {
  /** The drain, which also pauses web of a release that holds both services. */
  readonly drain: WorkerDrain;

  constructor(
    name: string,
    { services, drain, handover: { direction } }: WorkerRolloutArgs,
    options?: StepOptions,
  ) {
    const { drained, stoppedAt } = drain;
    super("worker", ["WorkerRollout", name], services, { drained, stoppedAt, direction }, options);
    this.drain = drain;
  }
}

interface WebRolloutArgs {
  readonly services: Services;
  readonly worker: Pick<WorkerRollout, "direction" | "drain">;
}

export class WebRollout extends Rollout {
  constructor(
    name: string,
    { services, worker: { direction, drain } }: WebRolloutArgs,
    options?: StepOptions,
  ) {
    const { drained, stoppedAt } = drain;
    const isPaused = resolveTarget(services.settings.rollout).releases.length === 1;
    const before = { direction, drained: isPaused ? drained : {}, stoppedAt };
    super("web", ["WebRollout", name], services, before, options);
  }
}
