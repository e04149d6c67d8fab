import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import { resolveNamespace, type Settings } from "../settings";
import { ProgramError } from "../step/program";

type StateSettings = Pick<Settings, "backfill" | "jobs" | "kubernetes" | "rollout">;

/** The environments of the program that runs, by their state directory. */
const instances = new Map<string, Set<string>>();

/**
 * Refuses two environments of one program on one state directory: each would import the other's runs, and one of them
 * could roll back what the other still needs. It waits until the program has created the environments.
 *
 * @param resource that the error is about
 * @throws ProgramError with their names, before any step
 */
export async function requireOwnState(
  name: string,
  settings: StateSettings,
  resource: pulumi.Resource,
): Promise<void> {
  const location = locateState(settings);
  if (location === undefined) return;
  const names = instances.get(location) ?? new Set();
  instances.set(location, names.add(name));
  await setImmediate();
  if (names.size < 2) return;
  throw new ProgramError(
    `The environments ${[...names].join(" and ")} have the same state directory, ${location}. ` +
      "Name another one in backfill.source of each. Nothing was changed.",
    resource,
  );
}

/** The same text for the same directory, however it is written. */
function locateState({ backfill, jobs, kubernetes, rollout }: StateSettings): string | undefined {
  if (!backfill) return undefined;
  const { source } = backfill;
  if ("path" in source) {
    const absolute = resolve(source.path);
    try {
      return realpathSync(absolute);
    } catch {
      return absolute;
    }
  }
  const { kubeconfig, context } = kubernetes;
  const { persistentVolumeClaim, subPath } = source;
  const namespace = resolveNamespace(jobs ?? {}, rollout);
  return [kubeconfig, context, namespace, "claim", persistentVolumeClaim, subPath]
    .filter(Boolean)
    .join(" ");
}
