import * as ts from "typescript";
import { combine, hasWords, inOne, orEmpty } from "./alternatives";
import { nameFor } from "./names";
import { unwrap } from "./source";
import type { Scope, TextReader } from "./text";

/** What a method of a text, a list or a table gives. */
export function methodTexts(
  reader: TextReader,
  { arguments: [first] }: ts.CallExpression,
  { expression: of, name }: ts.PropertyAccessExpression,
  scope: Scope,
): readonly string[] | undefined {
  switch (name.text) {
    case "join":
      return join(reader, of, first ? (reader.textsOf(first, scope)[0] ?? "") : ",", scope);
    case "get": {
      const table = reader.source.constant(of);
      return table && ts.isNewExpression(table) ? seconds(reader, table, scope) : undefined;
    }
    case "find":
    case "at": {
      const items = reader.itemsOf(of, scope);
      return items.some(hasWords) ? items : undefined;
    }
    case "replace":
    case "replaceAll":
    case "slice":
    case "trim":
    case "toLowerCase":
    case "catch":
      return reader.textsOf(of, scope);
    default:
      return undefined;
  }
}

/** The values of `new Map([[key, value], ...])`. */
function seconds(reader: TextReader, { arguments: args }: ts.NewExpression, scope: Scope) {
  const list = args?.[0];
  if (!list || !ts.isArrayLiteralExpression(list)) return [];
  return list.elements.flatMap((pair) =>
    ts.isArrayLiteralExpression(pair) && pair.elements[1]
      ? reader.textsOf(pair.elements[1], scope)
      : [],
  );
}

function join(
  reader: TextReader,
  list: ts.Expression,
  separator: string,
  scope: Scope,
): readonly string[] {
  if (separator.includes("\n")) return [reader.itemsOf(list, scope).join(separator)];
  const written = unwrapFilter(list);
  const literal = reader.source.constant(written) ?? written;
  if (!ts.isArrayLiteralExpression(literal)) {
    return [inOne(reader.itemsOf(list, scope)) || nameFor(list)];
  }
  const parts = literal.elements.map((one) =>
    ts.isSpreadElement(one)
      ? [reader.itemsOf(one.expression, scope).join(separator)]
      : orEmpty(reader.textsOf(one, scope)),
  );
  const whole = combine(parts.flatMap((part, at) => (at === 0 ? [part] : [[separator], part])));
  return whole.map((text) => text.replaceAll(`${separator}${separator}`, separator).trim());
}

/** `[...].filter(Boolean)` is the list itself here. */
export function unwrapFilter(list: ts.Expression): ts.Expression {
  const node = unwrap(list);
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return node;
  const isSame = ["filter", "toSorted", "sort", "slice"].includes(node.expression.name.text);
  return isSame ? unwrapFilter(node.expression.expression) : node;
}
