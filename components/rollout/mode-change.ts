import type * as pulumi from "@pulumi/pulumi";
import { warning } from "../contract/finding";
import { modeOf, type Direction, type StorageMode } from "../settings";
import { logFinding } from "../step/program";
import type { Service } from "./environment";

/** The direction of a service and the mode in which it is then, as inputs of its steps. */
export interface ModeChange {
  readonly direction: pulumi.Output<Direction>;
  readonly mode: pulumi.Output<StorageMode>;
}

/**
 * A service follows the step before it: `--target` and `--exclude` cannot take it past that step (decision
 * 9). If that step went another way than asked because it is not part of the update, the service stays where
 * it is, which is a warning. Both are known in previews.
 */
export function effectiveMode(
  service: Service,
  asked: Direction,
  before: pulumi.Output<Direction>,
): ModeChange {
  const direction = before.apply(async (direction) => {
    if (direction === asked) return direction;
    const text =
      `The service ${service} stays in ${modeOf(direction)} mode: the step before its rollout is not part of this ` +
      "update. Run `pulumi up` without --target and --exclude.";
    await logFinding(warning("service-stays", text));
    return direction;
  });
  return { direction, mode: direction.apply(modeOf) };
}
