import { createHash } from "node:crypto";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { StorageMode, ValuesRolloutSettings } from "../../settings";
import { StepResource } from "../../step/program";
import { Confirmation } from "../confirmation/provider";
import { serviceEnvironment, type Service } from "../environment";
import type { DrainSettings } from "../pods/resources";
import { PodsReplaced } from "../pods/inputs";
import {
  notDrained,
  type Drained,
  type RolledOut,
  type ServicesArgs,
  type Target,
  type WorkerDrained,
} from "../target";
import { turnOf, type TurnOutputs } from "../turn";
import { ValuesFile } from "./provider";
import type { ValuesFileInputs } from "./switch";

type Args = ServicesArgs<ValuesRolloutSettings>;

/**
 * Worker and web whose Helm values are files of a Git checkout. Writing a file rolls nothing, so
 * after each their pods are watched (`rollout.confirm`), or the stack stops until the site says
 * that it deployed the file; `confirm: none` is for a stack without services.
 */
export function valuesTarget(args: Args): Target {
  const { settings, mode, directions } = args;
  return {
    secretRef: pulumi.output({ ...settings.connectionSecret }),
    rollOut: (service, { direction: before, drained }, options) => {
      const turn = turnOf(service, { direction: directions[service], mode }, before);
      const file = path.join(settings.directory, settings[service].file);
      const environment = turn.mode.apply((mode) => environmentOf(service, mode, args));
      const stated = { service, ...turn, file, path: settings[service].path, environment };
      const values = new StepResource(ValuesFile, service, stated, options);
      const written = { service, turn, file, revision: environment.apply(hashOf) };
      const after = { ...options, dependsOn: values };
      const { deployed = values, stoppedSeconds } = deployment(written, drained, args, after);
      const summary = pulumi
        .all([turn.mode, deployed.urn])
        .apply(([mode]) => ({ target: "values" as const, mode, file }));
      return { direction: deployed.lastDirection, summary, stoppedSeconds };
    },
  };
}

/** A drain that a person does, if the stack sees no pods; none without services. */
export function confirmDrain(
  { rollout }: Pick<DrainSettings, "rollout">,
  turn: TurnOutputs,
  options: pulumi.CustomResourceOptions,
): WorkerDrained {
  if (rollout.target !== "values" || rollout.confirm === "none") {
    return { drained: notDrained, direction: turn.direction };
  }
  const inputs = { ...turn, step: "drained" as const, confirmed: rollout.confirmed };
  const step = new StepResource(Confirmation, "worker-drained", inputs, options);
  return { drained: notDrained, direction: step.lastDirection };
}

/** A service's file as it was written. */
interface Written {
  readonly service: Service;
  readonly turn: TurnOutputs;
  readonly file: string;
  /** Of what it states of the service. */
  readonly revision: pulumi.Output<string>;
}

/** The step after which no pod of the service is left in its other mode; none without services. */
function deployment(
  { service, turn, file, revision }: Written,
  drained: Drained,
  { settings, kubernetes }: Args,
  options: pulumi.CustomResourceOptions,
): {
  readonly deployed?: Pick<StepResource<object, object>, "lastDirection" | "urn">;
  readonly stoppedSeconds: RolledOut["stoppedSeconds"];
} {
  const unseen = pulumi.output(undefined);
  const { confirm, confirmed, timeoutSeconds } = settings;
  if (confirm === "none") return { stoppedSeconds: unseen };
  if (confirm === undefined) {
    const inputs = { ...turn, step: service, file, confirmed };
    const deployed = new StepResource(Confirmation, `${service}-deployed`, inputs, options);
    return { deployed, stoppedSeconds: unseen };
  }
  const address = { ...kubernetes, ...confirm, selector: confirm.selector[service] };
  const inputs = { ...turn, ...address, service, timeoutSeconds, ...drained, revision };
  const deployed = new StepResource(PodsReplaced, `${service}-pods`, inputs, options);
  return { deployed, stoppedSeconds: deployed.output("stoppedSeconds") };
}

function hashOf(stated: object): string {
  return createHash("sha256").update(JSON.stringify(stated)).digest("hex").slice(0, 12);
}

function environmentOf(
  service: Service,
  mode: StorageMode,
  { settings: { connectionSecret }, collections, database }: Args,
): ValuesFileInputs["environment"] {
  const entries = serviceEnvironment(service, mode, { collections, connectionSecret, database });
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}
