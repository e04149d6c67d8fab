import ts from "typescript";

/** A change of one place of a file, made without knowing what it means. */
export interface Mutant {
  readonly file: string;
  /** The text of the file with the change in it. */
  readonly text: string;
  /** Such as `12: === -> !==`, with the line's number. */
  readonly what: string;
}

const others: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
]);

/** The node that a mutant changes, and what is written there instead; undefined if it has none. */
function changeOf(node: ts.Node): readonly [ts.Node, string] | undefined {
  if (ts.isBinaryExpression(node)) {
    const other = others.get(node.operatorToken.kind);
    return other === undefined ? undefined : [node.operatorToken, other];
  }
  if (ts.isIfStatement(node)) return [node.expression, `!(${node.expression.getText()})`];
  if (ts.isConditionalExpression(node)) return [node.condition, `!(${node.condition.getText()})`];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [node, "false"];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [node, "true"];
  if (ts.isNumericLiteral(node)) return [node, `(${node.getText()} + 1)`];
  // A call for its effect: what it does is not done.
  if (ts.isExpressionStatement(node) && !ts.isBinaryExpression(node.expression)) return [node, ";"];
  return undefined;
}

/** All mutants of a file; types and texts have none. */
export function mutantsIn(file: string, text: string): Mutant[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node)) return;
    const [changed, replacement = ""] = changeOf(node) ?? [];
    if (changed) {
      const start = changed.getStart(source);
      const end = changed.end;
      const line = source.getLineAndCharacterOfPosition(start).line + 1;
      const was = text.slice(start, end).replaceAll(/\s+/g, " ");
      found.push({
        file,
        text: text.slice(0, start) + replacement + text.slice(end),
        what: `${line}: ${was} -> ${replacement}`,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Some of a list at random, each once; the same for the same seed. */
export function draw<Item>(items: readonly Item[], count: number, seed: number): Item[] {
  const left = [...items];
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: Math.min(count, items.length) }, () =>
    left.splice(Math.floor(next() * left.length), 1),
  ).flat();
}
