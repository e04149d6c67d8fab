import type { Db } from "mongodb";
import type { BothSides } from "../../components/transfer";
import { documentOptions } from "../contract/options";
import { layout } from "./layout";

/** A state root on one side and a database on the other, as the default settings have them. */
export function sidesOf(database: Db, root: string): BothSides {
  const { collections } = documentOptions;
  return { database, collections, root, layout, approvals: true, checkpoints: "pack_run_backfill" };
}
