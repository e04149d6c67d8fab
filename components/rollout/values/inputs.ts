import type { Direction, Settings, ValuesRolloutSettings } from "../../settings";
import { serviceEnvironment, type Service } from "../environment";
import { serviceFiles } from "../placement";
import type { DrainSettings } from "../target";
import type { ValuesFileInputs } from "./provider";

/**
 * A service's values file after a change in a direction.
 *
 * @param stack its full name, which the file names
 */
export function valuesFileInputs(
  rollout: ValuesRolloutSettings,
  { collections, database }: Settings["mongo"],
  service: Service,
  direction: Direction,
  stack: string,
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
    stack,
    ...(push && { push }),
  };
}

/** The stack's own values files; none with other targets. */
export function ownValuesFiles(
  { rollout, mongo, direction }: Pick<DrainSettings, "rollout" | "mongo" | "direction">,
  stack: string,
): ValuesFileInputs[] {
  if (rollout.target !== "values") return [];
  const services = ["worker", "web"] as const;
  return services.map((service) => valuesFileInputs(rollout, mongo, service, direction, stack));
}
