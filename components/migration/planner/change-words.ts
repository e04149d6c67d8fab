import type { WantedIndex } from "../../contract";
import type { Change } from "./change";
import { reverseOf, toCommands } from "./commands";

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

/** A change for scripts: with its reason, its risks, its commands and those that take it back. */
export function changeAsJson(change: Change): object {
  const commands = toCommands(change);
  return {
    kind: change.kind,
    title: changeInWords(change),
    reason: change.reason,
    blocksWrites: commands.some(({ blocksWrites }) => blocksWrites),
    loses: commands.some(({ loses }) => loses),
    commands: commands.map(({ command }) => command),
    reverse: reverseOf(change).map(({ command }) => command),
  };
}
