import { createHash } from "node:crypto";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ValuesRolloutSettings } from "../../settings";
import { Confirmation } from "../confirmation/resource";
import { serviceEnvironment, type Service } from "../environment";
import { DrainResource, PodsReplacedResource } from "../pods/resources";
import type { Drains, ServicesArgs, Target } from "../target";
import { ValuesFile } from "./resource";
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
    rollOut: (service, drains, options) => {
      const inputs = inputsFor(service, args);
      const values = new ValuesFile(service, inputs, options);
      const deployed = deployment(service, inputs, drains, args, { ...options, dependsOn: values });
      return pulumi
        .all([values.file, deployed])
        .apply(([file]) => ({ target: "values" as const, mode, file }));
    },
  };
}

function drain(
  { settings, kubernetes, mode }: Args,
  options: pulumi.CustomResourceOptions,
): Drains {
  const { confirm, confirmed, timeoutSeconds } = settings;
  if (confirm === "none") return undefined;
  if (confirm === undefined) {
    new Confirmation("worker-drained", { step: "drained", mode, confirmed }, options);
    return undefined;
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector.worker };
  const inputs = { ...address, service: "worker" as const, mode, timeoutSeconds };
  return new DrainResource("worker-drain", inputs, options).drains;
}

/** Resolves when no pod of the service is left in its other mode. */
function deployment(
  service: Service,
  { file, environment, podAnnotation }: ValuesFileInputs,
  drains: Drains,
  { settings, kubernetes, mode }: Args,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<unknown> {
  const { confirm, confirmed, timeoutSeconds } = settings;
  if (confirm === "none") return pulumi.output(undefined);
  if (confirm === undefined) {
    const inputs = { step: service, mode, file, confirmed };
    return new Confirmation(`${service}-deployed`, inputs, options).confirmedMode;
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector[service] };
  const revision = hashOf(podAnnotation ? { environment, podAnnotation } : environment);
  const inputs = { ...address, service, mode, timeoutSeconds, drains, revision };
  return new PodsReplacedResource(`${service}-pods`, inputs, options).urn;
}

function hashOf(stated: object): string {
  return createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12);
}

function inputsFor(service: Service, args: Args): ValuesFileInputs {
  const { settings, mode, collections, database } = args;
  const { file, path: keys, podAnnotations } = settings[service];
  const { secretVersion } = settings;
  const entries = serviceEnvironment(service, mode, {
    collections,
    connectionSecret: settings.connectionSecret,
    database,
  });
  return {
    service,
    file: path.join(settings.directory, file),
    path: keys,
    mode,
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    ...(mode === "mongo" &&
      secretVersion !== undefined && { podAnnotation: { path: podAnnotations, secretVersion } }),
  };
}
