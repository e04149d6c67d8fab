import type { ClusterAddress } from "../../kubernetes";
import type { JobsSettings } from "../../settings";

/** Where and how Jobs run, as the settings say; none of it is secret. */
export interface JobTarget
  extends ClusterAddress, Omit<JobsSettings, "namespace" | "secret" | "podTemplate"> {
  /** What the site adds to the pods: a part of a PodTemplateSpec. */
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

/** Where a stack's Jobs are, and how long their pods may take to end. */
export type StopAddress = ClusterAddress & Pick<JobTarget, "stack" | "timeoutSeconds">;

/** A step that is asked of a Job. */
export interface JobRequest {
  /** The kind of step, and the beginning of the Job's name: letters, digits and `-`. */
  readonly kind: string;
  readonly direction: "forward" | "back";
  /** What the step gets, as JSON of at most 256 KiB; no secret is in it. */
  readonly request: string;
  /** Whether the claim is mounted, and how. Default: not. */
  readonly state?: "read" | "write";
  /** How many pods share the work, each with an index of its own; absent: one, without an index. */
  readonly pods?: number;
}

/** How long a request may be, in bytes: a ConfigMap holds 1 MiB, and etcd is not to be filled. */
export const requestLimit = 256 * 1024;

/** Where a pod has the claim, the request, and its answer, which is its termination message. */
export const stateRoot = "/state";
export const requestFile = "/request/request.json";
export const answerFile = "/dev/termination-log";

/** The name of a Job's own container; a service mesh may add others. */
export const containerName = "taskrunner-storage";

/** A Job did not give its answer. Each reason is a sentence or a line of its pod; none is secret. */
export class JobError extends Error {
  override readonly name = "JobError";

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
  }
}
