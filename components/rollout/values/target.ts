import { createHash } from "node:crypto";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ValuesRolloutSettings } from "../../settings";
import { StepResource } from "../../step/program";
import { Confirmation } from "../confirmation/provider";
import { serviceEnvironment, type Service } from "../environment";
import { drainOf } from "../pods/resources";
import { PodsReplaced } from "../pods";
import { notDrained, type Drained, type ServicesArgs, type Target } from "../target";
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
    rollOut: (service, drained, options) => {
      const inputs = inputsFor(service, args);
      const values = valuesFileOf(inputs, options);
      const deployed = deployment(service, inputs, drained, args, {
        ...options,
        dependsOn: values,
      });
      return pulumi
        .all([values.output("file"), deployed])
        .apply(([file = ""]) => ({ target: "values" as const, mode, file }));
    },
  };
}

function drain(
  { settings, kubernetes, mode, directions }: Args,
  options: pulumi.CustomResourceOptions,
): Drained {
  const { confirm, confirmed, timeoutSeconds } = settings;
  const direction = directions.worker;
  if (confirm === "none") return notDrained;
  if (confirm === undefined) {
    const inputs = { direction, step: "drained" as const, mode, confirmed };
    new StepResource(Confirmation, "worker-drained", inputs, options);
    return notDrained;
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector.worker };
  const inputs = { direction, ...address, service: "worker" as const, mode, timeoutSeconds };
  return drainOf("worker-drain", inputs, options);
}

/** Resolves when no pod of the service is left in its other mode. */
function deployment(
  service: Service,
  { file, environment, podAnnotation }: ValuesFileInputs,
  drained: Drained,
  { settings, kubernetes, mode, directions }: Args,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<unknown> {
  const { confirm, confirmed, timeoutSeconds } = settings;
  const direction = directions[service];
  if (confirm === "none") return pulumi.output(undefined);
  if (confirm === undefined) {
    const inputs = { direction, step: service, mode, file, confirmed };
    const deployed = new StepResource(Confirmation, `${service}-deployed`, inputs, options);
    return deployed.output("confirmedMode");
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector[service] };
  const revision = hashOf(podAnnotation ? { environment, podAnnotation } : environment);
  const inputs = { direction, ...address, service, mode, timeoutSeconds, ...drained, revision };
  return new StepResource(PodsReplaced, `${service}-pods`, inputs, options).urn;
}

function hashOf(stated: object): string {
  return createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12);
}

function inputsFor(service: Service, args: Args): ValuesFileInputs {
  const { settings, mode, directions, collections, database } = args;
  const { file, path: keys, podAnnotations } = settings[service];
  const { secretVersion } = settings;
  const entries = serviceEnvironment(service, mode, {
    collections,
    connectionSecret: settings.connectionSecret,
    database,
  });
  return {
    direction: directions[service],
    service,
    file: path.join(settings.directory, file),
    path: keys,
    mode,
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    ...(mode === "mongo" &&
      secretVersion !== undefined && { podAnnotation: { path: podAnnotations, secretVersion } }),
  };
}
