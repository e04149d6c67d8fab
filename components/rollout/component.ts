import * as pulumi from "@pulumi/pulumi";
import { childOf } from "../dynamic";
import type { SecretRef } from "../kubernetes/program";
import type { Service } from "./environment";
import { helmTarget } from "./helm/target";
import type { Drains, RolloutSummary, ServicesArgs, Target } from "./target";
import { valuesTarget } from "./values/target";

/** Where worker and web run: the Helm values in a Git checkout, or releases on a Kubernetes API. */
export class Services extends pulumi.ComponentResource {
  /** Where the services find their connection string; never the text. */
  readonly connectionSecretRef: pulumi.Output<SecretRef>;
  readonly target: Target;

  constructor(name: string, args: ServicesArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:Services", name, {}, opts);
    const { settings, ...others } = args;
    this.target =
      settings.target === "helm"
        ? helmTarget({ settings, ...others }, { ...childOf(this, opts), parent: this })
        : valuesTarget({ settings, ...others });
    this.connectionSecretRef = this.target.secretRef;
    this.registerOutputs({ connectionSecretRef: this.connectionSecretRef });
  }
}

/** The worker stopped: from here on no step is executed until it is rolled out (decision 9). */
export class WorkerDrain extends pulumi.ComponentResource {
  readonly drains: Drains;

  constructor(name: string, { target }: Services, opts: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:WorkerDrain", name, {}, opts);
    this.drains = target.drain(childOf(this, opts));
    this.registerOutputs({ drains: this.drains });
  }
}

/** A service in the mode asked for. What has to happen before it is given by `opts.dependsOn`. */
class Rollout extends pulumi.ComponentResource {
  readonly summary: pulumi.Output<RolloutSummary>;

  constructor(
    service: Service,
    [type, name]: readonly [type: string, name: string],
    target: Target,
    drains: Drains,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super(type, name, {}, opts);
    this.summary = target.rollOut(service, drains, childOf(this, opts));
    this.registerOutputs({ summary: this.summary });
  }
}

/**
 * The worker, which changes over first (the document, "Execution order", step 4), with the
 * replicas that it had before the drain.
 */
export class WorkerRollout extends Rollout {
  constructor(
    name: string,
    { target }: Services,
    drain: WorkerDrain,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("worker", ["taskrunner:storage:WorkerRollout", name], target, drain.drains, opts);
  }
}

/** The web service, which follows the worker. */
export class WebRollout extends Rollout {
  constructor(name: string, { target }: Services, opts?: pulumi.ComponentResourceOptions) {
    super("web", ["taskrunner:storage:WebRollout", name], target, undefined, opts);
  }
}
