import type * as Sdk from "@pulumi/kubernetes";

/**
 * Pulumi's SDK for Kubernetes. It is loaded here when a stack first creates something on Kubernetes, and
 * by no import: its 120 modules would be part of each run of a stack that has no use for them (issue #14,
 * "Start-up").
 */
export function kubernetesSdk(): typeof Sdk {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it always
  return require("@pulumi/kubernetes") as typeof Sdk;
}
