import * as pulumi from "@pulumi/pulumi";
import type { Direction } from "../settings";
import { logFinding, stackName, StepGroup, StepResource, type StepOptions } from "../step/program";
import { resolveTarget } from "./placement";
import { drain } from "./pods/drain";
import { drainRequest } from "./pods/drain-request";
import { workerDrainInputs } from "./pods/drain-settings";
import type { FinishedDrain } from "./pods/inputs";
import type { Services, ServicesArgs } from "./services";
import type { Update } from "./update/component";
import { workerStopped } from "./update/stopped";
import { ownValuesFiles } from "./values/inputs";

/** The last finished drain of the worker, and when it began; absent if the program sees no pods. */
export interface Drained {
  readonly stoppedAt?: pulumi.Output<string>;
  readonly drainSnapshot?: pulumi.Output<FinishedDrain>;
}

interface VerifiedImport {
  readonly at: string;
  readonly importMs: number;
}

interface WorkerDrainArgs {
  readonly services: Services;
  readonly update: Pick<Update, "direction" | "ended">;
  /** When the import was verified, and how long an import of later changes takes; a closed gate prints both. */
  readonly verifiedImport?: pulumi.Output<VerifiedImport | undefined>;
  /** The cutover of services that the stack took over, whose worker need not stop; otherwise empty. */
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
    { services: { settings, target }, update, verifiedImport, takenOver }: WorkerDrainArgs,
    options?: StepOptions,
  ) {
    super("WorkerDrain", name, options);
    const { direction, ended } = update;
    const inputs = workerDrainInputs(settings, stackName());
    this.drained = {};
    if (inputs) {
      const { kubeconfig, context, namespace, release, selector, service, gate } = inputs;
      const where = { kubeconfig, context, namespace, release, selector };
      const asked = { ...where, direction, service, gate };
      const name = "worker-drain-request";
      const request = new StepResource(drainRequest, name, asked, this.ofChildren);
      const { lastDirection } = request;
      if (gate === "closed") this.describeGate(settings, lastDirection, verifiedImport);
      const all = {
        ...inputs,
        // If the request is not part of the update (`--target`), the worker stays in its mode.
        direction: lastDirection,
        releases: target.rendered ?? inputs.releases,
        ended,
        requests: request.output("requests") as pulumi.Output<number>,
        requestedAt: request.output("requestedAt") as pulumi.Output<string>,
      };
      const resource = new StepResource(drain, "worker-drain", all, this.ofChildren);
      const { ignorePods: ignored } = inputs;
      // Since the drain, the cluster may have a new name, and an error may have asked for other ignored pods.
      const address = { kubeconfig, context, namespace };
      this.direction = resource.lastDirection;
      const drainSnapshot = pulumi
        .all([resource.output("drainSnapshot"), { address, ignored }])
        .apply(([last, { address, ignored }]) => {
          return last && { ...last, address, executors: { ...last.executors, ignored } };
        });
      // The type of an input does not allow undefined, but an output may be undefined.
      this.drained = {
        drainSnapshot: drainSnapshot as pulumi.Output<FinishedDrain>,
        stoppedAt: drainSnapshot.apply((last) => last?.stoppedAt) as pulumi.Output<string>,
      };
    } else if (settings.backfill) {
      const { cutover, rollout } = settings;
      const files = ownValuesFiles(settings, stackName());
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

  /** Prints at a closed gate how long the worker will be stopped, and the setting that opens the gate. */
  private describeGate(
    { cutover }: ServicesArgs,
    direction: pulumi.Output<Direction>,
    verifiedImport?: pulumi.Output<VerifiedImport | undefined>,
  ): void {
    const isPreview = pulumi.runtime.isDryRun();
    const known = pulumi.all([direction, isPreview ? undefined : verifiedImport]);
    known.apply(async ([direction, verifiedImport]) => {
      if (direction === "forward") return;
      const { at = "now", importMs = 0 } = verifiedImport ?? {};
      const stop = `about ${Math.ceil(importMs / 1_000)} s, and while its pods end and start`;
      const state = isPreview
        ? `Prepares cutover ${cutover}; stops no service.`
        : `Cutover ${cutover} is ready since ${at}; no service was stopped. The worker will be stopped for ${stop}.`;
      const text = `${state} To cut over, set rollout.drain: ${cutover} and run pulumi up.`;
      // In a preview it stands below what the steps before it will do.
      await logFinding(
        { severity: "info", code: "gate-closed", text },
        isPreview ? undefined : this,
      );
    });
  }
}
