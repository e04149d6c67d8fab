import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { StorageMode, ValuesRolloutSettings } from "../../settings";
import type { ProgramSettings } from "../../settings/program";
import { StepResource } from "../../step/program";
import { valuesFileInputs, type Target } from "../target";
import { valuesFile } from "./provider";

/** Worker and web that somebody else deploys, with a values file of the stack's own for each. */
export function valuesTarget(
  rollout: ValuesRolloutSettings,
  mongo: ProgramSettings["mongo"],
): Target {
  return {
    secretRef: pulumi.output({ ...rollout.connectionSecret }),
    deploy: (service, change, options) => {
      const inputsIn = (mode: StorageMode) => valuesFileInputs(rollout, mongo, service, mode);
      const environment = change.mode.apply((mode) => inputsIn(mode).environment);
      const inputs = { ...inputsIn("filesystem"), environment, ...change };
      const { file } = inputs;
      const resource = new StepResource(valuesFile, service, inputs, options);
      const revision = environment.apply((stated) =>
        createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12),
      );
      const summary = change.mode.apply((mode) => ({ target: "values" as const, mode, file }));
      return { resource, direction: resource.lastDirection, revision, summary };
    },
  };
}
