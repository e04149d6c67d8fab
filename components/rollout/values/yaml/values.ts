import { isAlias, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, ParsedNode, YAMLMap } from "yaml";
import { ValuesFileError } from "../errors";
import { columnOf, contentSpan } from "./spans";

/** A values file as parsed; the parser never writes any of it back. */
export interface Values {
  readonly text: string;
  readonly file: string;
  readonly document: Document.Parsed;
  readonly lineBreak: string;
}

export type ValuesMap = YAMLMap.Parsed;
export type ValuesPair = Pair<ParsedNode, ParsedNode | null>;

/**
 * Parses a values file.
 *
 * @throws ValuesFileError where it is no YAML or holds several documents; the parser's own words
 *   may quote the file, so the message has its code and the line alone
 */
export function parseValues(text: string, file: string): Values {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    keepSourceTokens: true,
    prettyErrors: false,
    lineCounter,
  });
  const [error] = document.errors;
  if (error) {
    const line = lineCounter.linePos(error.pos[0]).line;
    const several = error.code === "MULTIPLE_DOCS";
    throw new ValuesFileError(
      file,
      several
        ? `it holds several YAML documents (the second begins at line ${line})`
        : `it is not valid YAML (${error.code} at line ${line})`,
      several ? "Leave one document in it." : "Correct it first.",
    );
  }
  return { text, file, document, lineBreak: text.includes("\r\n") ? "\r\n" : "\n" };
}

/** Whether a place is empty: nothing, null, `[]` or `{}`. */
export function isVacant(node: ParsedNode | null): boolean {
  if (node === null) return true;
  return isScalar(node) ? node.value === null : "items" in node && node.items.length === 0;
}

/** Whether a node is a flow collection, `[...]` or `{...}`. */
export function isFlow(node: ParsedNode | null): boolean {
  return node !== null && "flow" in node && node.flow;
}

/** The pair of a map by its key. */
export function pairOf(map: ValuesMap, key: string): ValuesPair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
}

/** Whether a node is written once and used in several places, or has a tag of its own. */
export function isShared(node: Node | null): boolean {
  return node !== null && (isAlias(node) || node.anchor !== undefined || node.tag !== undefined);
}

/** The same for a node and everything below it. */
export function holdsShared(node: Node): boolean {
  let shared = false;
  visit(node, {
    Node: (_, inner) => {
      shared ||= isShared(inner);
    },
  });
  return shared;
}

/** How a file indents: blanks a level of maps, and of a list's dash against its key. */
export interface Indentation {
  readonly step: number;
  readonly dash: number;
}

/** The file's own indentation, from its first nested map and its first list; else two blanks. */
export function indentationOf({ text, document }: Values): Indentation {
  const depths: { "block-map"?: number; "block-seq"?: number } = {};
  visit(document, {
    Pair: (_, { srcToken }) => {
      const value = srcToken?.value;
      if (value?.type !== "block-map" && value?.type !== "block-seq") return;
      const outer = (srcToken && contentSpan(srcToken)?.start) ?? 0;
      const inner = value.items.map(contentSpan).find(Boolean)?.start ?? 0;
      depths[value.type] ??= columnOf(text, inner) - columnOf(text, outer);
    },
  });
  const { "block-map": level, "block-seq": dash } = depths;
  const step = level ?? (dash === undefined || dash === 0 ? 2 : dash);
  return { step, dash: dash ?? step };
}
