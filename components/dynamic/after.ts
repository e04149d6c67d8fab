import type * as pulumi from "@pulumi/pulumi";

/**
 * The options of a step that waits for others; those that a stack does not have are left out. A
 * component without children is waited for without what it waits for itself: name that as well.
 */
export function after(...steps: readonly (pulumi.Resource | undefined)[]): {
  readonly dependsOn: pulumi.Resource[];
} {
  return { dependsOn: steps.filter((step) => step !== undefined) };
}
