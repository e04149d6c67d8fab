import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Direction, ValuesRolloutSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepResource, stackName } from "../../step/program";
import { modeAfter } from "../environment";
import type { Target } from "../target";
import { valuesFileInputs } from "./inputs";
import { valuesFile } from "./provider";

/** Worker and web that another tool deploys, with a values file of the stack for each. */
export function valuesTarget(
  rollout: ValuesRolloutSettings,
  mongo: ProgramSettings["mongo"],
): Target {
  return {
    secretRef: pulumi.output({ ...rollout.connectionSecret }),
    deploy: (service, change, options) => {
      const inputsOf = (direction: Direction) =>
        valuesFileInputs(rollout, mongo, service, direction, stackName());
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
