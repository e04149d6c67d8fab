import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Direction, ValuesRolloutSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepResource, stackName } from "../../step/program";
import { modeAfter, serviceEnvironment, type Service } from "../environment";
import { serviceFiles } from "../placement";
import type { DrainSettings, Target } from "../target";
import { valuesFile, type ValuesFileInputs } from "./provider";

/** Worker and web that another tool deploys, with a values file of the stack for each. */
export function valuesTarget(
  rollout: ValuesRolloutSettings,
  mongo: ProgramSettings["mongo"],
): Target {
  return {
    secretRef: pulumi.output({ ...rollout.connectionSecret }),
    deploy: (service, change, options) => {
      const inputsOf = (direction: Direction) =>
        valuesFileInputs(rollout, mongo, service, direction);
      const environment = change.direction.apply((direction) => inputsOf(direction).environment);
      const inputs = { ...inputsOf("back"), environment, ...change };
      const { file } = inputs;
      const resource = new StepResource(valuesFile, service, inputs, options);
      const revision = environment.apply((stated) =>
        createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12),
      );
      const summary = change.direction.apply((direction) => {
        return { target: "values" as const, mode: modeAfter(direction), file };
      });
      return { resource, direction: resource.lastDirection, revision, summary };
    },
  };
}

/** A service's values file after a change in a direction. */
function valuesFileInputs(
  rollout: ValuesRolloutSettings,
  { collections, database }: ProgramSettings["mongo"],
  service: Service,
  direction: Direction,
): ValuesFileInputs {
  const { push, connectionSecret } = rollout;
  const entries = serviceEnvironment(service, direction, {
    collections,
    connectionSecret,
    database,
  });
  return {
    ...serviceFiles(rollout, service),
    direction,
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    stack: stackName(),
    ...(push && { push }),
  };
}

/** The stack's own values files; none with other targets. */
export function ownValuesFiles({ rollout, mongo, direction }: DrainSettings): ValuesFileInputs[] {
  if (rollout.target !== "values") return [];
  const services = ["worker", "web"] as const;
  return services.map((service) => valuesFileInputs(rollout, mongo, service, direction));
}
