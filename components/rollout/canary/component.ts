import * as pulumi from "@pulumi/pulumi";
import type { Finding } from "../../text";
import { logFinding, ownerOf, StepGroup, StepResource, type StepOptions } from "../../step/program";
import type { Services } from "../services";
import { serviceEnvironment } from "../environment";
import { serviceAddress } from "../placement";
import { canary } from "./step";

interface CanaryArgs {
  readonly services: Services;
  /** The cutover of services that the stack took over; otherwise empty. */
  readonly takenOver: pulumi.Output<string>;
}

/**
 * Starts a pod of web on MongoDB while both services work on files. If it fails, the cutover stops before the drain.
 */
export class Canary extends StepGroup {
  /** When its last pod began, in ISO 8601, UTC; absent without a canary. */
  readonly ranAt?: pulumi.Output<string>;

  constructor(name: string, { services, takenOver }: CanaryArgs, options?: StepOptions) {
    const { settings, connectionSecretRef } = services;
    const { rollout, mongo, direction, cutover, appUri: uri } = settings;
    const address = serviceAddress(settings, "web");
    const isSkipped = !address || !rollout.canary || direction === "back";
    super("Canary", name, options, { isSkipped });
    if (address && rollout.canary) {
      const { timeoutSeconds } = rollout;
      // A stack in filesystem mode shows nothing of MongoDB.
      const environment = connectionSecretRef.apply((connectionSecret) =>
        direction === "back"
          ? []
          : serviceEnvironment("web", "forward", { ...mongo, connectionSecret }),
      );
      const asked = { ...address, uri, direction, cutover, takenOver, timeoutSeconds, environment };
      const all = { ...asked, owner: ownerOf(this) };
      const step = new StepResource(canary, "canary", all, this.ofChildren);
      this.ranAt = step.output("ranAt") as pulumi.Output<string>;
    } else if (direction === "forward") void logFinding(leftOut(rollout.canary), this);
    this.registerOutputs();
  }
}

function leftOut(isAsked: boolean): Finding {
  const why = isAsked
    ? "the program sees no pods (rollout.confirm: none)"
    : "rollout.canary: false";
  const text = `Canary left out: ${why}. You see only after the drain whether web works on MongoDB.`;
  return { severity: "info", code: "canary-left-out", text };
}
