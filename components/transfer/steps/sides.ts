import { resolve } from "node:path";
import { addressIn, databaseAt } from "../../mongo";
import type { StateAddress } from "../../state";
import type { StateInputs } from "./inputs";

/** Inputs whose change makes a step run again. */
export const comparedStateInputs = [
  "cutover",
  "database",
  "root",
  "collections",
  "folders",
] as const;

/** The state on disk as the inputs name it; `root` becomes absolute. */
export function stateOf({ root, collections, folders, acceptForms }: StateInputs) {
  return { root: resolve(root), collections, folders, acceptForms };
}

/** The state directory as messages name it: a Job's is in a volume. */
export function namedState({ root, rootName = root, folders }: StateInputs): StateAddress {
  return { root: rootName, folders };
}

/** Both sides as the inputs of a step that goes forward name them. */
export async function sidesOf(inputs: StateInputs) {
  return { ...stateOf(inputs), database: await databaseAt(addressIn(inputs)) };
}
