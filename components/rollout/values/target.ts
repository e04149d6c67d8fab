import { createHash } from "node:crypto";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ValuesRolloutSettings } from "../../settings";
import { stackName, StepResource } from "../../step/program";
import { serviceEnvironment, type MongoNames } from "../environment";
import type { Target } from "../target";
import { valuesFile } from "./provider";

/** Worker and web that somebody else deploys, with a values file of the stack's own for each. */
export function valuesTarget(
  { connectionSecret, directory, push, ...services }: ValuesRolloutSettings,
  { collections, database }: Omit<MongoNames, "connectionSecret">,
): Target {
  return {
    secretRef: pulumi.output({ ...connectionSecret }),
    deploy: (service, change, options) => {
      const { file: name, values, path } = services[service];
      const file = join(directory, name);
      const site = values.map((one) => join(directory, one));
      const environment = change.mode.apply((mode) => {
        const names = { collections, connectionSecret, database };
        const entries = serviceEnvironment(service, mode, names);
        return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
      });
      const inputs = { service, file, site, path, environment, stack: stackName(), push };
      const resource = new StepResource(valuesFile, service, { ...inputs, ...change }, options);
      const revision = environment.apply((stated) =>
        createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12),
      );
      const summary = change.mode.apply((mode) => ({ target: "values" as const, mode, file }));
      return { resource, direction: resource.lastDirection, revision, summary };
    },
  };
}
