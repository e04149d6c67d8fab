import type { ClusterAddress } from "../../kubernetes";
import type { JobsSettings } from "../../settings";

/** Where and how Jobs run. */
export interface JobTarget
  extends ClusterAddress, Omit<JobsSettings, "namespace" | "secret" | "podTemplate"> {
  /** The site's part of the pods' PodTemplateSpec. */
  readonly podTemplate: object;
  /** The Secret and its key that hold the migrator's connection string. */
  readonly secret: { readonly name: string; readonly key: string };
  /** The claim that holds the filesystem state, and the state directory in it; absent without an import. */
  readonly claim?: { readonly name: string; readonly subPath?: string };
  /** How many pods share an import. */
  readonly parallelism: number;
  /** `<project>/<stack>`, as the value of a label. */
  readonly stack: string;
}

/** Where a stack's Jobs are, and the time that their pods have to end. */
export type StopAddress = ClusterAddress & Pick<JobTarget, "stack" | "timeoutSeconds">;

export interface JobRequest {
  /** The kind of step as part of names: letters, digits and `-`. */
  readonly kind: string;
  readonly direction: "forward" | "back";
  /** The step's inputs as JSON, without a secret. */
  readonly request: string;
  /** How the claim is mounted. Default: not. */
  readonly state?: "read" | "write";
  /** The number of pods that share the work, each with an index. Default: one, without an index. */
  readonly pods?: number;
}

/** Where a pod has the claim, the request, and its termination message. */
export const stateRoot = "/state";
export const requestFile = "/request/request.json";
export const answerFile = "/dev/termination-log";

/** The name of a Job's own container; a service mesh may add others. */
export const containerName = "taskrunner-storage";

/** A Job gave no answer. Each reason is a sentence or a line of its pod; none is secret. */
export class JobError extends Error {
  override readonly name = "JobError";

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
  }
}
