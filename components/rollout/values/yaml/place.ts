import { isMap, type ParsedNode } from "yaml";
import { ValuesFileError } from "../errors";
import { contentSpan, type Span } from "./spans";
import { isShared, isVacant, pairOf, type Values, type ValuesMap, type ValuesPair } from "./values";

/** Where a service's environment lives, and which of its variables are ours. */
export interface Place {
  /** The file, for messages. */
  readonly file: string;
  /** The keys that lead to the environment. */
  readonly path: readonly string[];
  /** `list`: `{ name, value }` or `{ name, valueFrom }`; `map`: `NAME: value`. */
  readonly form: "list" | "map";
  /** Our variables; the mode's is the first. A file may spell them in any case. */
  readonly keys: readonly string[];
}

/** How far a path leads into a file. */
export interface Location {
  /** The pairs that the path goes through; as many as the path has keys where it exists. */
  readonly pairs: readonly ValuesPair[];
  /** The maps that hold these pairs. */
  readonly maps: readonly ValuesMap[];
  /** What stands at the end: the environment, or the last that exists on the way to it. */
  readonly node: ParsedNode | null;
  /** Whether that stands inside a flow collection, such as `{ env: [] }`. */
  readonly insideFlow: boolean;
}

/**
 * Follows the path as far as it exists.
 *
 * @throws ValuesFileError where something on it is no map, or is shared by an anchor
 */
export function locate({ file, document }: Values, path: readonly string[]): Location {
  const pairs: ValuesPair[] = [];
  const maps: ValuesMap[] = [];
  let node = document.contents;
  refuseShared(file, node, []);
  for (const [depth, key] of path.entries()) {
    if (isVacant(node)) break;
    if (!isMap<ParsedNode, ParsedNode | null>(node)) throw notAMap(file, path.slice(0, depth));
    const pair = pairOf(node, key);
    if (!pair) {
      refuseMerged(file, node, path.slice(0, depth + 1));
      break;
    }
    pairs.push(pair);
    maps.push(node);
    node = pair.value;
    refuseShared(file, node, path.slice(0, depth + 1));
  }
  return { pairs, maps, node, insideFlow: maps.some((map) => map.flow) };
}

/** Where a pair stands, from its key to the end of its value. */
export function spanOf(pair: ValuesPair | undefined): Span {
  return (pair?.srcToken && contentSpan(pair.srcToken)) ?? { start: 0, end: 0 };
}

/** The end of a pair's colon, and of its value (the same where there is no value). */
export function valueSpan(pair: ValuesPair | undefined): { colon: number; end: number } {
  const colon = pair?.srcToken?.sep?.find(({ type }) => type === "map-value-ind");
  const { end } = spanOf(pair);
  return { colon: colon ? colon.offset + 1 : end, end };
}

const spelled = (path: readonly string[]) => (path.length > 0 ? path.join(".") : "its top level");

function notAMap(file: string, path: readonly string[]) {
  return new ValuesFileError(
    file,
    `${spelled(path)} is no map`,
    "Correct the file or rollout.worker.path or rollout.web.path.",
  );
}

/** Refuses a node that is shared: an edit would change other places of the file too. */
export function refuseShared(file: string, node: ParsedNode | null, path: readonly string[]): void {
  if (!isShared(node)) return;
  throw new ValuesFileError(
    file,
    `${spelled(path)} has an anchor, an alias or a tag`,
    "Write it out there without one.",
  );
}

/** Refuses a map that takes members over: what is not in it may be in the other. */
export function refuseMerged(file: string, map: ValuesMap, path: readonly string[]): void {
  if (!pairOf(map, "<<")) return;
  throw new ValuesFileError(
    file,
    `${spelled(path)} may come from the map that is merged in beside it (<<)`,
    "Write it out there without the merge.",
  );
}
