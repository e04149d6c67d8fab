import type { CollectionRole } from "../contract";
import type { CutoverInputs } from "../dynamic";
import type { Layout } from "../settings";

/** Inputs of an import, a verification and an export; `uri` is secret. */
export interface StateInputs extends CutoverInputs {
  /** The state root; a relative path counts from the project's folder. */
  readonly root: string;
  readonly layout: Layout;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  readonly approvals: boolean;
  /** The name of the collection with bases and checkpoints. */
  readonly checkpoints: string;
}
