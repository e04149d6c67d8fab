import * as pulumi from "@pulumi/pulumi";
import { logFinding } from "../step/program";
import type { Direction, StorageMode } from "../settings";
import { otherMode, type Service } from "./environment";

/** The way that a service goes, and the mode in which it is then. */
interface Turn {
  readonly direction: Direction;
  readonly mode: StorageMode;
}

/** A service's turn as inputs of its steps; both are known in previews. */
export interface TurnOutputs {
  readonly direction: pulumi.Output<Direction>;
  readonly mode: pulumi.Output<StorageMode>;
}

/**
 * The turn of a service as asked for, which waits for the step before it: `--target` and `--exclude` cannot
 * take the service past that step (decision 9). If that step went the other way because it is not part of
 * the update, the service stays where it is, which is a warning.
 */
export function turnOf(
  service: Service,
  asked: Turn,
  before: pulumi.Output<Direction>,
): TurnOutputs {
  const turn = before.apply(async (direction) => {
    if (asked.direction === "rest" || asked.direction === direction) return asked;
    const mode = otherMode(asked.mode);
    const text =
      `The service ${service} stays in ${mode} mode: the step before its rollout is not part of this ` +
      "update. Run `pulumi up` without --target and --exclude.";
    await logFinding({ severity: "warn", code: "service-stays", text });
    return { direction, mode };
  });
  return {
    direction: turn.apply(({ direction }) => direction),
    mode: turn.apply(({ mode }) => mode),
  };
}
