import { createHash } from "node:crypto";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StorageMode, ValuesRolloutSettings } from "../../settings";
import { stackName, StepResource } from "../../step/program";
import { serviceEnvironment, type Service } from "../environment";
import { PodsReplaced } from "../pods/inputs";
import type { ServicesArgs, Target } from "../target";
import { effectiveMode } from "../mode-change";
import { ValuesFile, type ValuesFileInputs } from "./provider";
import { PushCheck } from "./push-check";

type Args = ServicesArgs<ValuesRolloutSettings>;

/**
 * Worker and web that somebody else deploys, with a values file of the stack's own for each, listed last.
 * Writing a file rolls nothing, so their pods are watched after each (`rollout.confirm`). With
 * `confirm: none` the program sees no pods.
 */
export function valuesTarget(args: Args): Target {
  const { settings, kubernetes, direction } = args;
  const { push, confirm: seen, directory } = settings;
  const fileOf = (service: Service) => path.join(directory, settings[service].file);
  return {
    ...(push !== undefined &&
      seen !== "none" && {
        beforeDrain: (direction, options) => {
          const files = [fileOf("worker"), fileOf("web")];
          const { namespace, selector } = seen;
          const worker = { ...kubernetes, namespace, selector: selector.worker };
          const inputs = { ...worker, ...push, direction, files, stack: stackName() };
          return new StepResource(PushCheck, "push-check", inputs, options);
        },
      }),
    secretRef: pulumi.output({ ...settings.connectionSecret }),
    rollOut: (service, { direction: before, drained }, options) => {
      const change = effectiveMode(service, direction, before);
      const { values: ofSite, path: place } = settings[service];
      const file = fileOf(service);
      const site = ofSite.map((one) => path.join(directory, one));
      const environment = change.mode.apply((mode) => environmentOf(service, mode, args));
      const written = { service, file, site, path: place, environment, stack: stackName(), push };
      const values = new StepResource(ValuesFile, service, { ...written, ...change }, options);
      const after = (last: pulumi.CustomResource) =>
        pulumi
          .all([change.mode, last.urn])
          .apply(([mode]) => ({ target: "values" as const, mode, file }));
      const { confirm, timeoutSeconds } = settings;
      if (confirm === "none") {
        const stoppedSeconds = pulumi.output(undefined);
        return { direction: values.lastDirection, summary: after(values), stoppedSeconds };
      }
      const address = { ...kubernetes, ...confirm, selector: confirm.selector[service] };
      const revision = environment.apply((stated) =>
        createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12),
      );
      const inputs = { ...change, ...address, service, timeoutSeconds, ...drained, revision };
      const afterValues = { ...options, dependsOn: values };
      const pods = new StepResource(PodsReplaced, `${service}-pods`, inputs, afterValues);
      const stoppedSeconds = pods.output("stoppedSeconds");
      return { direction: pods.lastDirection, summary: after(pods), stoppedSeconds };
    },
  };
}

function environmentOf(
  service: Service,
  mode: StorageMode,
  { settings: { connectionSecret }, collections, database }: Args,
): ValuesFileInputs["environment"] {
  const entries = serviceEnvironment(service, mode, { collections, connectionSecret, database });
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}
