import type * as pulumi from "@pulumi/pulumi";
import type { StorageMode } from "../../settings";

/** Arguments of a check; `uri` is secret, and absent in filesystem mode. */
export interface ServerCheckArgs {
  readonly mode: StorageMode;
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
}
