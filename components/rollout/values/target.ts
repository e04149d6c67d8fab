import { createHash } from "node:crypto";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ValuesRolloutSettings } from "../../settings";
import { StepResource } from "../../step/program";
import { Confirmation } from "../confirmation/provider";
import { serviceEnvironment, type Service } from "../environment";
import { drainOf } from "../pods/resources";
import { PodsReplaced } from "../pods";
import {
  notDrained,
  type Drained,
  type ServicesArgs,
  type Target,
  type WorkerDrained,
} from "../target";
import { turnOf } from "../turn";
import type { Turn } from "../update/modes";
import { valuesFileOf } from "./resource";
import type { ValuesFileInputs } from "./switch";

type Args = ServicesArgs<ValuesRolloutSettings>;

/**
 * Worker and web whose Helm values are files of a Git checkout. Writing a file rolls nothing, so
 * after each their pods are watched (`rollout.confirm`), or the stack stops until the site says
 * that it deployed the file; `confirm: none` is for a stack without services.
 */
export function valuesTarget(args: Args): Target {
  const { settings, mode } = args;
  return {
    secretRef: pulumi.output({ ...settings.connectionSecret }),
    drain: (options) => drain(args, options),
    rollOut: (service, { direction: before, drained }, options) => {
      const turn = turnOf(service, { direction: args.directions[service], mode }, before);
      const inputs = pulumi.output(turn).apply((turn) => inputsFor(service, turn, args));
      const values = valuesFileOf(service, inputs, options);
      const after = { ...options, dependsOn: values };
      const deployed = deployment(service, inputs, drained, args, after) ?? values;
      const summary = pulumi
        .all([values.output("file"), turn.mode, deployed.urn])
        .apply(([file = "", mode]) => ({ target: "values" as const, mode, file }));
      return { direction: deployed.lastDirection, summary, times: deployed.times };
    },
  };
}

function drain(
  { settings, kubernetes, mode, directions }: Args,
  options: pulumi.CustomResourceOptions,
): WorkerDrained {
  const { confirm, confirmed, timeoutSeconds } = settings;
  const direction = directions.worker;
  if (confirm === "none") {
    const times = pulumi.output(undefined);
    return { drained: notDrained, direction: pulumi.output(direction), times };
  }
  if (confirm === undefined) {
    const inputs = { direction, step: "drained" as const, mode, confirmed };
    const step = new StepResource(Confirmation, "worker-drained", inputs, options);
    return { drained: notDrained, direction: step.lastDirection, times: step.times };
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector.worker };
  const inputs = { direction, ...address, service: "worker" as const, mode, timeoutSeconds };
  return drainOf("worker-drain", inputs, options);
}

/** The step after which no pod of the service is left in its other mode; undefined without services. */
function deployment(
  service: Service,
  stated: pulumi.Output<ValuesFileInputs>,
  drained: Drained,
  { settings, kubernetes }: Args,
  options: pulumi.CustomResourceOptions,
): Pick<StepResource<object, object>, "lastDirection" | "times" | "urn"> | undefined {
  const { confirm, confirmed, timeoutSeconds } = settings;
  const { mode, file } = stated;
  const direction = stated.apply(({ direction = "rest" }) => direction);
  if (confirm === "none") return undefined;
  if (confirm === undefined) {
    const inputs = { direction, step: service, mode, file, confirmed };
    return new StepResource(Confirmation, `${service}-deployed`, inputs, options);
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector[service] };
  const revision = stated.environment.apply(hashOf);
  const inputs = { direction, ...address, service, mode, timeoutSeconds, ...drained, revision };
  return new StepResource(PodsReplaced, `${service}-pods`, inputs, options);
}

function hashOf(stated: object): string {
  return createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12);
}

function inputsFor(service: Service, { direction, mode }: Turn, args: Args): ValuesFileInputs {
  const { settings, collections, database } = args;
  const { file, path: keys } = settings[service];
  const entries = serviceEnvironment(service, mode, {
    collections,
    connectionSecret: settings.connectionSecret,
    database,
  });
  return {
    direction,
    service,
    file: path.join(settings.directory, file),
    path: keys,
    mode,
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
  };
}
