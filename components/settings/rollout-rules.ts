import type { Problem } from "./problems";
import type {
  HelmRolloutSettings,
  SeparateReleasesSettings,
  SharedReleaseSettings,
} from "./rollout";
import type { Settings } from "./schema";

/** The rules about the releases of worker and web (decision 14). */
export function rolloutRules({ rollout, storageMode }: Settings): Problem[] {
  if (rollout.target !== "helm") return [];
  if ("shared" in rollout) {
    return [...secretRules(rollout), ...placeRules(rollout), ...selectorRules(rollout)];
  }
  // A rollback must not stop on one release for both that a stack has from before.
  return [...secretRules(rollout), ...(storageMode === "mongo" ? releaseRules(rollout) : [])];
}

function secretRules({ secretVersion, connectionSecret }: HelmRolloutSettings): Problem[] {
  if (secretVersion === undefined || connectionSecret.name !== undefined) return [];
  return [
    {
      key: "rollout.secretVersion",
      found: JSON.stringify(secretVersion),
      allowed: "only with connectionSecret.name: the stack's own Secret gets a new name",
    },
  ];
}

/** A release that seems to be of one service would be drained whole, with the other service in it. */
function releaseRules({ worker, web }: SeparateReleasesSettings): Problem[] {
  if (worker.release !== web.release) return [];
  const allowed =
    "a release that differs from rollout.worker.release, or a section rollout.shared if one release holds both";
  return [{ key: "rollout.web.release", found: JSON.stringify(web.release), allowed }];
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
    const other = places.slice(0, at).find(([, former]) => isWithin(former, place));
    if (!other) return [];
    const allowed = `a place outside ${other[0]}, which is ${JSON.stringify(other[1])}`;
    return [{ key, found: JSON.stringify(place), allowed }];
  });
}

function isWithin(one: string, other: string): boolean {
  return `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
}

/** Labels that differ and match the same Deployment are found on the cluster. */
function selectorRules({ worker, web }: SharedReleaseSettings): Problem[] {
  if (worker.selector !== web.selector) return [];
  const allowed = "labels that the worker's Deployments do not have";
  return [{ key: "rollout.web.selector", found: JSON.stringify(web.selector), allowed }];
}
