import * as pulumi from "@pulumi/pulumi";
import { drainGateOf, type Direction } from "../settings";
import { logFinding, StepGroup, StepResource, type StepOptions } from "../step/program";
import { warning } from "../text";
import { modeAfter, type Service } from "./environment";
import { resolveTarget, serviceAddress } from "./placement";
import { podsReplaced } from "./pods/replaced";
import type { Services, ServicesArgs } from "./services";
import type { RolloutSummary } from "./target";
import type { Drained, WorkerDrain } from "./worker-drain";

interface Before {
  /** The direction that the step before it goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;
  readonly stoppedAt: WorkerDrain["stoppedAt"];
  /** When web was last found on files after a cutover; undefined if it never was. */
  readonly webOnFilesAt?: pulumi.Output<string> | undefined;
}

/** Changes the mode of a service, which takes its direction from the step before. */
class Rollout extends StepGroup {
  /** The direction that its last step goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly summary: pulumi.Output<RolloutSummary>;
  /** How long the last change of mode stopped the service; undefined without a drain. */
  readonly stoppedSeconds: pulumi.Output<number | undefined>;
  /** The last `webOnFilesAt` since which its pods were replaced. */
  readonly replacedSince: pulumi.Output<string>;

  constructor(
    service: Service,
    [type, name]: readonly [type: string, name: string],
    { target, settings }: Services,
    { direction: before, drained, stoppedAt, webOnFilesAt }: Before,
    options?: StepOptions,
  ) {
    super(type, name, options);
    const direction = effectiveDirection(service, settings, before);
    const change = { direction, ...(stoppedAt && { stoppedAt }) };
    const deployed = target.deploy(service, change, this.ofChildren);
    const { resource, revision, summary } = deployed;
    const address = serviceAddress(settings, service);
    const { timeoutSeconds } = settings.rollout;
    const asked = { ...change, service, timeoutSeconds, ...drained, revision, webOnFilesAt };
    // A release of both services exists before web's rollout begins.
    const afterIt = { parent: this, dependsOn: [resource, ...this.before] };
    const pods =
      address &&
      new StepResource(podsReplaced, `${service}-pods`, { ...address, ...asked }, afterIt);
    this.direction = pods?.lastDirection ?? deployed.direction;
    this.summary = pulumi.all([summary, (pods ?? resource).urn]).apply(([printed]) => printed);
    this.stoppedSeconds = pods?.output("stoppedSeconds") ?? pulumi.output(undefined);
    // The type of an input does not allow undefined, and an output may be it.
    const replacedSince = pods?.output("replacedSince") ?? pulumi.output(undefined);
    this.replacedSince = replacedSince as pulumi.Output<string>;
    this.registerOutputs({ summary: this.summary });
  }
}

/**
 * The direction of the step before, so that `--target` and `--exclude` cannot take a service past it
 * (docs/design.md#one-list-of-steps). Warns, in a preview too, if the settings have the other one.
 */
function effectiveDirection(
  service: Service,
  settings: ServicesArgs,
  before: pulumi.Output<Direction>,
): pulumi.Output<Direction> {
  return before.apply(async (direction) => {
    // While the gate is closed, the service must stay.
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

/** Rolls out the worker, before web, with its replicas from before the drain. */
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
  /** When web was last found on files after a cutover; undefined if it never was. */
  readonly webOnFilesAt?: pulumi.Output<string> | undefined;
  readonly worker: Pick<WorkerRollout, "direction" | "drain">;
}

/** Rolls out web, after the worker. */
export class WebRollout extends Rollout {
  constructor(
    name: string,
    { services, webOnFilesAt, worker: { direction, drain } }: WebRolloutArgs,
    options?: StepOptions,
  ) {
    const { drained, stoppedAt } = drain;
    const isPaused = resolveTarget(services.settings.rollout).releases.length === 1;
    const since: pulumi.Output<unknown> = direction.apply((to) =>
      to === "forward" ? webOnFilesAt : undefined,
    );
    const found = { webOnFilesAt: since as pulumi.Output<string> };
    const before = { direction, drained: isPaused ? drained : {}, stoppedAt, ...found };
    super("web", ["WebRollout", name], services, before, options);
  }
}
