import type { WantedIndex } from "../../contract";
import type { Change } from "./change";
import { toCommands } from "./commands";

/** What a change does, in one line without its reason: `create index a on b { c: 1 }, unique`. */
export function changeInWords(change: Change): string {
  switch (change.kind) {
    case "create collection":
      return `create collection ${change.wanted.name}`;
    case "modify validator":
      return `modify the validator of ${change.wanted.name}`;
    case "adopt index":
      return `adopt index ${change.found.name} as ${indexInWords(change.wanted)}`;
    case "modify index":
      return `modify index ${change.found.name} on ${change.wanted.collection} in place`;
    case "create index":
    case "replace index":
      return `${change.kind} ${indexInWords(change.wanted)}`;
    case "record ledger":
      return `record the migration in ${change.ledger}`;
    case "leave alone":
      return `leave alone ${change.collection}${change.index ? `.${change.index}` : ""}`;
  }
}

function indexInWords({ name, collection, key, unique, sparse }: WantedIndex): string {
  const fields = key.map(([field, direction]) => `${field}: ${direction}`).join(", ");
  const options = `${unique ? ", unique" : ""}${sparse ? ", sparse" : ""}`;
  return `${name} on ${collection} { ${fields} }${options}`;
}

/** The collection and the index that a change is about. */
function placeOf(change: Change): { readonly collection: string; readonly index?: string } {
  switch (change.kind) {
    case "create collection":
    case "modify validator":
      return { collection: change.wanted.name };
    case "record ledger":
      return { collection: change.ledger };
    case "leave alone": {
      const { collection, index } = change;
      return index === undefined ? { collection } : { collection, index };
    }
    default:
      return { collection: change.wanted.collection, index: change.wanted.name };
  }
}

/** A change for scripts: with its reason, its risks and its commands. */
export function changeAsJson(change: Change): object {
  const commands = toCommands(change);
  return {
    kind: change.kind,
    ...placeOf(change),
    title: changeInWords(change),
    reason: change.reason,
    blocksWrites: commands.some(({ blocksWrites }) => blocksWrites),
    loses: commands.some(({ loses }) => loses),
    commands: commands.map(({ command }) => command),
  };
}
