import type { ClusterAddress } from "../kubernetes";

/** Where and how Jobs run; none of it is secret. */
export interface JobTarget extends ClusterAddress {
  /** The image of our commands. */
  readonly image: string;
  /** Names of Secrets with the registry's login. */
  readonly imagePullSecrets: readonly string[];
  /** The user's number in the pods; default: the image's, 1000. */
  readonly runAsUser?: number;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** The Secret and its key that hold the migrator's connection string. */
  readonly secret: { readonly name: string; readonly key: string };
  /** The ConfigMap and its key that hold the authority of MongoDB's certificate; absent: a public one. */
  readonly ca?: { readonly configMap: string; readonly key: string };
  /** The claim that holds the filesystem state, and the state root in it; absent without an import. */
  readonly claim?: { readonly name: string; readonly subPath?: string };
  /** The settings of the commands, in the form of `Pulumi.<stack>.yaml`. */
  readonly settings: string;
  /** How many pods share an import. */
  readonly parallelism: number;
  /** The stack's name, for the ledger and as the value of a label. */
  readonly stack: string;
  /** How long a Job may be without any pod that runs. */
  readonly timeoutSeconds: number;
}

/** One command of ours. */
export interface JobCommand {
  /** What it is to people, and the beginning of the Job's name: letters, digits and `-`. */
  readonly step: string;
  /** The arguments, as after `taskrunner-storage`; the state root is `stateRoot`. */
  readonly args: readonly string[];
  /** Whether the claim is mounted, and how. Default: not. */
  readonly state?: "read" | "write";
  /** Whether it is a step of the way back. Default: of a cutover. */
  readonly isWayBack?: boolean;
  /** How many pods share the work, each with an index of its own; absent: one, without an index. */
  readonly pods?: number;
}

/** Where the claim is in a pod. */
export const stateRoot = "/state";
