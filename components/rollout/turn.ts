import * as pulumi from "@pulumi/pulumi";
import type { Direction, StorageMode } from "../settings";
import type { Service } from "./environment";
import { turnAfter, type Turn } from "./update/modes";

/** A service's turn as inputs of its steps; both are known in previews. */
export interface TurnOutputs {
  readonly direction: pulumi.Output<Direction>;
  readonly mode: pulumi.Output<StorageMode>;
}

/**
 * The turn of a service, which waits for the step before it: `--target` and `--exclude` cannot take the
 * service past that step (decision 9). A service that stays where it is for that reason is a warning.
 */
export function turnOf(
  service: Service,
  asked: Turn,
  before: pulumi.Output<Direction>,
): TurnOutputs {
  const turn = before.apply(async (direction) => {
    const found = turnAfter(direction, asked);
    if (found.mode !== asked.mode) await pulumi.log.warn(stays(service, found));
    return found;
  });
  return {
    direction: turn.apply(({ direction }) => direction),
    mode: turn.apply(({ mode }) => mode),
  };
}

function stays(service: Service, { mode }: Turn): string {
  return (
    `The service ${service} stays in ${mode} mode: the step before its rollout is not part of this ` +
    "update. Run `pulumi up` without --target and --exclude."
  );
}
