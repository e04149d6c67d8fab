import { join } from "node:path";
import { choose } from "../sources";
import { versions } from "../versions";
import { controlPlaneBuild } from "./build";
import { controlPlaneOnPath, type FoundPrograms, usable } from "./installed";
import { kwokStages } from "./stages";

/** The programs of a Kubernetes control plane, and a client. */
export interface ControlPlanePrograms extends FoundPrograms {
  /** The file of kwok's stages: how it plays the states of nodes, pods and volumes. */
  readonly stages: string;
}

/**
 * The programs of a control plane: what is on PATH where all of them are there in a fitting
 * version, else a build from pinned Go modules, kept in the user's cache folder.
 *
 * @throws PartError if there is no way to them, with what can be installed
 */
export async function controlPlane(): Promise<ControlPlanePrograms> {
  const findInstalled = async () => usable(await controlPlaneOnPath());
  const found = await choose("Kubernetes", findInstalled, [await controlPlaneBuild()], advice);
  return { ...found, stages: join(await kwokStages(), "stages.yaml") };
}

const advice =
  "Install Go (https://go.dev/dl/), or etcd, kwok and Kubernetes' own programs, " +
  `${versions.oldestKubernetes} or later, and run this again`;
