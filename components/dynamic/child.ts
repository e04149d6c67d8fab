import type * as pulumi from "@pulumi/pulumi";

/** The options of a component's child; a component's own `dependsOn` does not reach its children. */
export function childOf(
  parent: pulumi.ComponentResource,
  { dependsOn }: pulumi.ComponentResourceOptions,
): pulumi.CustomResourceOptions {
  return { parent, ...(dependsOn !== undefined && { dependsOn }) };
}
