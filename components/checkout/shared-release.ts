import { parse } from "yaml";
import { structured, type StorageMode } from "../settings";
import { CheckoutError } from "./errors";

const rolloutKey = "taskrunner-storage:rollout";

/**
 * Refuses a change of the mode alone where one release holds both services: it takes them over one
 * an update, so `rollout.step` has to change too (decision 14), which a person decides on.
 *
 * @param text of a `Pulumi.<stack>.yaml` that states another mode
 * @throws CheckoutError with what to set
 */
export function requireOneUpdate(text: string, mode: StorageMode): void {
  const { release, step } = rolloutIn(text);
  if (release !== "shared") return;
  // Worker alone went over so far: the way back from there takes the worker alone, too.
  const isBetween = step === "worker";
  throw new CheckoutError(
    `storageMode: ${mode} alone is refused by \`pulumi up\`: rollout.release is shared, and worker and ` +
      `web go over one an update. Set storageMode: ${mode} and ` +
      (isBetween
        ? "rollout.step: web by hand and run `pulumi up`: web is there already, and the worker goes back."
        : "rollout.step: worker by hand and run `pulumi up`, then set rollout.step: web and run it again."),
  );
}

interface Rollout {
  readonly release?: unknown;
  readonly step?: unknown;
}

function rolloutIn(text: string): Rollout {
  const { config } = (parse(text) ?? {}) as { readonly config?: Record<string, unknown> | null };
  const stated = config?.[rolloutKey];
  const rollout = typeof stated === "string" ? structured(stated) : stated;
  return typeof rollout === "object" && rollout !== null ? rollout : {};
}
