import type { Problem } from "./problems";
import type { SeparateReleasesSettings, SharedReleaseSettings } from "./rollout";
import type { Settings } from "./schema";

/** The rules about the releases of worker and web (decision 14). */
export function rolloutRules({ rollout, storageMode }: Settings): Problem[] {
  if (rollout.target !== "helm") return [];
  if (rollout.release === "shared") return [...placeRules(rollout), ...selectorRules(rollout)];
  // A stack that has one for both from before must not be stopped on its way back.
  const ownReleases = storageMode === "mongo" ? releaseRules(rollout) : [];
  return [...ownReleases, ...stepRules(rollout)];
}

/** A release that is taken for one service's alone would be drained whole, the other service with it. */
function releaseRules({ worker, web }: SeparateReleasesSettings): Problem[] {
  if (worker.release !== web.release) return [];
  const allowed =
    "another release than rollout.worker.release, or rollout.release: shared, with rollout.shared, where one holds both";
  return [{ key: "rollout.web.release", found: JSON.stringify(web.release), allowed }];
}

function stepRules({ step }: SeparateReleasesSettings): Problem[] {
  if (step === undefined) return [];
  const allowed = "absent where rollout.release is separate: both services go over in one update";
  return [{ key: "rollout.step", found: JSON.stringify(step), allowed }];
}

/** What is written at one place must not be within what is written at another. */
function placeRules({ worker, web }: SharedReleaseSettings): Problem[] {
  const places = [
    ["rollout.worker.path", worker.path],
    ["rollout.worker.podAnnotations", worker.podAnnotations],
    ["rollout.web.path", web.path],
    ["rollout.web.podAnnotations", web.podAnnotations],
  ] as const;
  return places.flatMap(([key, place], at) => {
    const other = places.slice(0, at).find(([, former]) => overlap(former, place));
    if (!other) return [];
    const allowed = `a place apart from ${other[0]}, which is ${JSON.stringify(other[1])}`;
    return [{ key, found: JSON.stringify(place), allowed }];
  });
}

function overlap(one: string, other: string): boolean {
  return `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
}

/** Those that differ and name the same Deployment are found on the cluster. */
function selectorRules({ worker, web }: SharedReleaseSettings): Problem[] {
  if (worker.selector !== web.selector) return [];
  const allowed = "labels that the worker's Deployments do not have";
  return [{ key: "rollout.web.selector", found: JSON.stringify(web.selector), allowed }];
}
