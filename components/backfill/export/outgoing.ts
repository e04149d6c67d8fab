import type { Base } from "../bases";
import type { Key } from "../../state";
import type { Side } from "../merge";

/** A document on its way to a file. */
export interface Outgoing {
  readonly key: Key;
  readonly side: Side;
  readonly base: Base | undefined;
}
