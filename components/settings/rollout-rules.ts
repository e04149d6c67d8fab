import type { Problem } from "./problems";
import type { ChartSettings, SeparateReleasesSettings, SharedReleaseSettings } from "./rollout";
import type { Settings } from "./schema";

/** The rules about the releases of worker and web (decision 14). */
export function rolloutRules({ rollout, storageMode }: Settings): Problem[] {
  if (rollout.target !== "helm") return [];
  const charts: Readonly<Record<string, ChartSettings>> =
    "shared" in rollout ? { shared: rollout.shared } : { worker: rollout.worker, web: rollout.web };
  // Neither a chart that nobody named nor a newer one replaces what runs.
  const problems = Object.entries(charts).flatMap(([name, { chart, version, repository }]) => {
    const isRemote = repository !== undefined || chart?.startsWith("oci://");
    const isUnnamed = chart === undefined && !rollout.install;
    if (!isUnnamed && (version !== undefined || !isRemote)) return [];
    const key = `rollout.${name}.${isUnnamed ? "chart" : "version"}`;
    return [{ key, found: "nothing", allowed: "what runs, as helm list shows it" }];
  });
  if ("shared" in rollout) return [...problems, ...placeRules(rollout), ...selectorRules(rollout)];
  // A rollback must not stop on one release for both that a stack has from before.
  return [...problems, ...(storageMode === "mongo" ? releaseRules(rollout) : [])];
}

/** A release that seems to be of one service would be drained whole, with the other service in it. */
function releaseRules({ worker, web }: SeparateReleasesSettings): Problem[] {
  if (worker.release !== web.release) return [];
  const allowed =
    "a release that differs from rollout.worker.release, or a section rollout.shared if one release holds both";
  return [{ key: "rollout.web.release", found: JSON.stringify(web.release), allowed }];
}

/** What is written at one place must not be within what is written at the other. */
function placeRules({ worker, web }: SharedReleaseSettings): Problem[] {
  if (!isWithin(worker.path, web.path)) return [];
  const allowed = `a place outside rollout.worker.path, which is ${JSON.stringify(worker.path)}`;
  return [{ key: "rollout.web.path", found: JSON.stringify(web.path), allowed }];
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
