import type { CollectionRole } from "../contract";
import type { CutoverInputs } from "../dynamic";
import type { JobTarget } from "../jobs";
import type { Layout } from "../settings";

/** Inputs of an import, a verification and an export; `uri` is secret. */
export interface StateInputs extends CutoverInputs {
  /** Where the step runs as a Job; absent: in the engine. It is not compared. */
  readonly job?: JobTarget;
  /** The state root; a relative path counts from the project's folder. In a Job: of its pods. */
  readonly root: string;
  readonly layout: Layout;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  readonly approvals: boolean;
  /** The name of the collection with bases and checkpoints. */
  readonly checkpoints: string;
}
