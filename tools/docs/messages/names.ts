import * as ts from "typescript";
import { unwrap } from "./source";

/** The signs around a placeholder, which no message has. */
const placeholder = (name: string) => `‹${name}›`;

/** A placeholder that is called after an expression. */
export function nameFor(expression: ts.Expression): string {
  return placeholder(nameIn(unwrap(expression)));
}

function nameIn(node: ts.Expression): string {
  if (ts.isIdentifier(node)) return plain(node.text);
  if (ts.isPropertyAccessExpression(node)) return plain(node.name.text);
  if (ts.isNewExpression(node)) return "value";
  if (!ts.isCallExpression(node)) return "value";
  const { expression, arguments: args } = node;
  if (ts.isPropertyAccessExpression(expression)) {
    const { expression: of, name } = expression;
    const isOfValue = /^(to|join|map|flatMap|replace|slice|trim|at|filter|find|split|catch)/.test(
      name.text,
    );
    if (isOfValue) return nameIn(unwrap(of));
    const [first] = args;
    return first && ["stringify", "keys", "values"].includes(name.text)
      ? nameIn(unwrap(first))
      : plain(name.text);
  }
  const [first] = args;
  const isConversion =
    ts.isIdentifier(expression) && /^(String|Number|decodeURIComponent)$/.test(expression.text);
  return isConversion && first ? nameIn(unwrap(first)) : nameIn(expression);
}

/** `describePlace`, `placeInWords` and `placeOf` are a place. */
function plain(name: string): string {
  const bare = name.replace(/^(describe|format|to|get)(?=[A-Z])/, "").replace(/(InWords|Of)$/, "");
  return bare.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase();
}
