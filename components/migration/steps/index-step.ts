import type { CollectionRole, WantedIndex } from "../../contract";
import { kind, type Step } from "../../step";
import { compare } from "../plan";
import type { Change } from "../planner/change";
import { look, reconcileOne, room, type ReconcileInputs } from "./shared";

/** One index. */
export interface IndexInputs extends ReconcileInputs {
  readonly role: CollectionRole;
  readonly collection: string;
  readonly name: string;
  /** The key as one text, `runId:1, sequence:1`. */
  readonly key: string;
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Set by a refresh that finds the index hidden by hand; never asked for. */
  readonly hidden?: boolean;
}

/** What became of it. */
export interface IndexResults {
  /** The name in MongoDB, empty where duplicates hold the index back. */
  readonly existsAs: string;
  /** Why it does not exist, in words; empty where it does. */
  readonly heldBack: string;
}

/** One index: created, changed in place, replaced or adopted as the planner says. */
export const index: Step<IndexInputs, IndexResults> = {
  ...kind<IndexInputs, IndexResults>("Index", room, ["existsAs", "heldBack"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "collection", "name", "key", "unique", "sparse", "hidden"],
  job: { doneByAnother: { existsAs: "", heldBack: "" } },
  forward: async (inputs) => {
    const { changes, heldBack } = await reconcileOne(inputs, schemaOf(inputs));
    const adopted = changes.find((change) => change.kind === "adopt index");
    const name = adopted?.found.name ?? inputs.name;
    return { existsAs: heldBack === "" ? name : "", heldBack };
  },
  reads: async (applied) => {
    const { collection } = applied;
    const changes = await look(applied, collection, (db) => compare(db, schemaOf(applied)));
    return driftOf(changes.find((change) => change.kind !== "adopt index"));
  },
};

function driftOf(change: Change | undefined): Partial<IndexInputs> | undefined {
  switch (change?.kind) {
    case "create index":
      return undefined;
    case "modify index":
      return { unique: change.found.unique, hidden: change.found.hidden };
    case "replace index": {
      const found = change.old ?? change.final;
      if (!found) return undefined;
      return { key: keyToText(found.key), unique: found.unique, sparse: found.sparse };
    }
    default:
      return {};
  }
}

function schemaOf({ role, collection, name, key, unique, sparse }: IndexInputs) {
  const wanted = { role, collection, name, key: keyFromText(key), unique, sparse };
  return { collections: [], indexes: [wanted] };
}

/**
 * A key as one text in its order, `runId:1, sequence:1`: the engine sorts the keys of objects, and
 * shows a text that is JSON or YAML as an object.
 */
export function keyToText(key: readonly (readonly [field: string, direction: unknown])[]): string {
  return key.map(([field, direction]) => `${field}:${String(direction)}`).join(", ");
}

function keyFromText(text: string): WantedIndex["key"] {
  return text.split(", ").map((member) => {
    const colon = member.lastIndexOf(":");
    return [member.slice(0, colon), Number(member.slice(colon + 1)) as 1 | -1];
  });
}
