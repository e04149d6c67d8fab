import type { Db } from "mongodb";
import { defaultFolders } from "../../components/contract";
import type { BothSides } from "../../components/transfer";
import { documentOptions } from "../contract/options";

/** A state directory on one side and a database on the other, as the default settings have them. */
export function defaultSides(database: Db, root: string): BothSides {
  const { collections } = documentOptions;
  return { database, collections, root, folders: defaultFolders };
}
