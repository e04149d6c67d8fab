import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";

/** The id of the project that the settings name, or of a new one. Destroying the stack leaves it. */
export function projectOf(
  { projectId, project, protection }: AtlasSettings,
  options: pulumi.CustomResourceOptions,
): pulumi.Input<string> {
  if (project === undefined) return projectId ?? "";
  const kept = { ...options, protect: protection, retainOnDelete: true };
  return new mongodbatlas.Project("project", { ...project }, kept).id;
}
