import type * as Sdk from "@pulumi/mongodbatlas";

/** Pulumi's SDK for Atlas, which only a stack with a cluster there has to have. */
export function atlasSdk(): typeof Sdk {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it always
  return require("@pulumi/mongodbatlas") as typeof Sdk;
}
