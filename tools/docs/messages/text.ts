import * as ts from "typescript";
import { combine, distinct, either, hasWords, isBare, merge, orEmpty } from "./alternatives";
import { methodTexts, unwrapFilter } from "./methods";
import { nameFor } from "./names";
import { callee, initializerOf, parameterOf, returnsOf, unwrap, type Source } from "./source";

/** What the parameters of the functions around an expression are given. */
export type Scope = ReadonlyMap<ts.ParameterDeclaration, Given>;

interface Given {
  readonly value: ts.Expression;
  readonly scope: Scope;
}

const maxDepth = 24;

/** Reads the texts that an expression can have from the code that makes it. */
export class TextReader {
  /** The parameters that an expression needed and nobody gave. */
  readonly open = new Set<ts.ParameterDeclaration>();
  private readonly entered = new Set<ts.Node>();
  private depth = 0;

  /** @param read takes each function that is read, for whoever looks for the others */
  constructor(
    readonly source: Source,
    private readonly read = new Set<ts.Node>(),
  ) {}

  /** The texts of an expression: one for each way through its conditions. */
  textsOf(expression: ts.Expression, scope: Scope): readonly string[] {
    return this.deeper(
      () => distinct(this.expression(unwrap(expression), scope)),
      () => [nameFor(expression)],
    );
  }

  /** A function that calls itself would be entered without an end. */
  private deeper<T>(read: () => T, otherwise: () => T): T {
    if (this.depth >= maxDepth) return otherwise();
    this.depth += 1;
    try {
      return read();
    } finally {
      this.depth -= 1;
    }
  }

  private expression(node: ts.Expression, scope: Scope): readonly string[] {
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return [node.text];
    if (ts.isTemplateExpression(node)) return this.template(node, scope);
    if (ts.isBinaryExpression(node)) return this.binary(node, scope);
    if (ts.isConditionalExpression(node)) {
      return either(this.textsOf(node.whenTrue, scope), this.textsOf(node.whenFalse, scope));
    }
    if (ts.isIdentifier(node)) return this.identifier(node, scope);
    if (ts.isCallExpression(node)) return this.call(node, scope);
    if (ts.isPropertyAccessExpression(node)) return this.property(node, scope);
    if (ts.isElementAccessExpression(node)) return this.element(node, scope);
    if (ts.isArrayLiteralExpression(node)) return [this.itemsOf(node, scope).join("\n")];
    return node.kind === ts.SyntaxKind.NullKeyword ? [] : [nameFor(node)];
  }

  private template({ head, templateSpans }: ts.TemplateExpression, scope: Scope) {
    const parts = templateSpans.flatMap((span) => [
      orEmpty(this.textsOf(span.expression, scope)),
      [span.literal.text],
    ]);
    return combine([[head.text], ...parts]);
  }

  private binary({ left, right, operatorToken }: ts.BinaryExpression, scope: Scope) {
    const [first, second] = [this.textsOf(left, scope), this.textsOf(right, scope)];
    switch (operatorToken.kind) {
      case ts.SyntaxKind.PlusToken:
        return combine([orEmpty(first), orEmpty(second)]);
      case ts.SyntaxKind.AmpersandAmpersandToken:
        return ["", ...second];
      case ts.SyntaxKind.QuestionQuestionToken:
      case ts.SyntaxKind.BarBarToken:
        return either(
          first,
          second.filter((text) => text !== ""),
        );
      default:
        return ["‹number›"];
    }
  }

  private identifier(node: ts.Identifier, scope: Scope): readonly string[] {
    if (isNothing(node)) return [];
    const symbol = this.source.symbolAt(node);
    return (symbol && this.resolve(symbol, scope)) ?? [nameFor(node)];
  }

  /** What a name stands for: what it is given, a member of that, or a constant. */
  private resolve(symbol: ts.Symbol, scope: Scope): readonly string[] | undefined {
    const given = this.argumentOf(symbol, scope);
    if (given) return this.textsOf(given.value, given.scope);
    const member = this.memberOf(symbol, scope);
    if (member) return member;
    const value = initializerOf(symbol);
    if (!value || !this.source.isText(symbol)) return undefined;
    const texts = this.textsOf(value, scope);
    return texts.length > 0 && texts.every(isBare) ? undefined : texts;
  }

  private argumentOf(symbol: ts.Symbol, scope: Scope): Given | undefined {
    const parameter = parameterOf(symbol);
    if (!parameter) return undefined;
    const given = scope.get(parameter);
    if (!given) this.open.add(parameter);
    return given;
  }

  /** The member that a pattern takes out of what it is given: `{ service }: Address`. */
  private memberOf(symbol: ts.Symbol, scope: Scope): readonly string[] | undefined {
    const pattern = this.source.patternOf(symbol);
    const given = pattern?.owner && scope.get(pattern.owner);
    if (pattern && given) return this.member(given.value, pattern.name, given.scope);
    return pattern?.value && this.member(pattern.value, pattern.name, scope);
  }

  /** A member of what an expression makes; undefined if the code does not say. */
  private member(from: ts.Expression, name: string, scope: Scope) {
    return this.deeper(
      () => this.readMember(from, name, scope),
      () => undefined,
    );
  }

  private readMember(
    from: ts.Expression,
    name: string,
    scope: Scope,
  ): readonly string[] | undefined {
    const node = unwrap(from);
    if (ts.isObjectLiteralExpression(node)) return this.memberOfLiteral(node, name, scope);
    if (ts.isConditionalExpression(node)) {
      const both = [node.whenTrue, node.whenFalse].map((one) => this.member(one, name, scope));
      const known = both.filter((one) => one !== undefined);
      return known.length > 0 ? known.flat() : undefined;
    }
    if (ts.isIdentifier(node)) {
      const symbol = this.source.symbolAt(node);
      const given = symbol && this.argumentOf(symbol, scope);
      if (given) return this.member(given.value, name, given.scope);
      const value = symbol && initializerOf(symbol);
      return value && this.member(value, name, scope);
    }
    if (!ts.isCallExpression(node)) return undefined;
    const called = this.enter(node, scope);
    const found =
      called && this.within(called, (one, inner) => this.member(one, name, inner) ?? []);
    return found && found.length > 0 ? found : undefined;
  }

  private memberOfLiteral(node: ts.ObjectLiteralExpression, name: string, scope: Scope) {
    for (const property of node.properties) {
      if (ts.isSpreadAssignment(property)) {
        const found = this.member(property.expression, name, scope);
        if (found) return found;
      } else if (property.name.getText() === name) {
        return this.valueOf(property, scope);
      }
    }
    return undefined;
  }

  /** The texts of a member of an object that is written down. */
  valueOf(property: ts.ObjectLiteralElementLike, scope: Scope): readonly string[] {
    if (ts.isPropertyAssignment(property)) return this.textsOf(property.initializer, scope);
    return ts.isShorthandPropertyAssignment(property) ? this.shorthand(property, scope) : [];
  }

  private shorthand(property: ts.ShorthandPropertyAssignment, scope: Scope) {
    const symbol = this.source.checker.getShorthandAssignmentValueSymbol(property);
    return (symbol && this.resolve(symbol, scope)) ?? [nameFor(property.name)];
  }

  private property(node: ts.PropertyAccessExpression, scope: Scope): readonly string[] {
    return this.member(node.expression, node.name.text, scope) ?? [nameFor(node)];
  }

  /** A table's texts, whatever the key. */
  private element(node: ts.ElementAccessExpression, scope: Scope): readonly string[] {
    const table = this.source.constant(node.expression);
    if (table && ts.isObjectLiteralExpression(table)) {
      return table.properties.flatMap((one) => this.valueOf(one, scope));
    }
    return [nameFor(node.expression)];
  }

  private call(node: ts.CallExpression, scope: Scope): readonly string[] {
    const { expression } = node;
    if (ts.isPropertyAccessExpression(expression)) {
      const text = methodTexts(this, node, expression, scope);
      if (text) return text;
    }
    const called = this.enter(node, scope);
    if (called && this.entered.has(called.body)) return [];
    const texts = called ? this.within(called, (one, inner) => this.textsOf(one, inner)) : [];
    const isWorded = texts.some((text) => hasWords(text));
    return isWorded || texts.some((text) => text === "") ? texts : [nameFor(node)];
  }

  /** The lines that a list can have, each once. */
  itemsOf(list: ts.Expression, scope: Scope): readonly string[] {
    return this.deeper(
      () => this.readItems(list, scope),
      () => [nameFor(list)],
    );
  }

  private readItems(list: ts.Expression, scope: Scope): readonly string[] {
    const node = unwrapFilter(list);
    if (ts.isArrayLiteralExpression(node)) {
      return distinct(
        node.elements.flatMap((one) =>
          ts.isSpreadElement(one)
            ? this.itemsOf(one.expression, scope)
            : merge(this.textsOf(one, scope).filter((text) => text !== "")),
        ),
      );
    }
    if (ts.isConditionalExpression(node)) {
      return [...this.itemsOf(node.whenTrue, scope), ...this.itemsOf(node.whenFalse, scope)];
    }
    if (ts.isBinaryExpression(node)) return this.itemsOf(node.right, scope);
    if (ts.isCallExpression(node)) return this.itemsOfCall(node, scope);
    if (!ts.isIdentifier(node)) return this.textsOf(node, scope);
    const symbol = this.source.symbolAt(node);
    const given = symbol && this.argumentOf(symbol, scope);
    if (given) return this.itemsOf(given.value, given.scope);
    const member = symbol && this.memberOf(symbol, scope);
    if (member) return member.flatMap((text) => text.split("\n"));
    const value = symbol && initializerOf(symbol);
    const items = value ? this.itemsOf(value, scope) : [];
    return items.every(isBare) ? [nameFor(node)] : items;
  }

  private itemsOfCall(node: ts.CallExpression, scope: Scope): readonly string[] {
    const { expression, arguments: args } = node;
    const method = ts.isPropertyAccessExpression(expression) ? expression.name.text : "";
    const [first] = args;
    if ((method === "map" || method === "flatMap") && first) {
      const body = this.source.functionOf(first);
      if (body) this.read.add(body);
      const read = method === "map" ? this.textsOf.bind(this) : this.itemsOf.bind(this);
      return body ? distinct(returnsOf(body).flatMap((one) => read(one, scope))) : [nameFor(node)];
    }
    const called = this.enter(node, scope);
    const items = called ? this.within(called, (one, inner) => this.itemsOf(one, inner)) : [];
    return items.length > 0 ? distinct(items) : [nameFor(node)];
  }

  /** What a function of the project returns, with what it is given here. */
  enter(node: ts.CallExpression, scope: Scope): Entered | undefined {
    const { expression } = node;
    const symbol = ts.isIdentifier(expression) ? this.source.symbolAt(expression) : undefined;
    const given = symbol && this.argumentOf(symbol, scope);
    const body = given ? this.source.functionOf(given.value) : callee(this.source, node);
    if (!body) return undefined;
    const inner = body.parameters.flatMap((parameter, at) => {
      const value = node.arguments[at] ?? parameter.initializer;
      return value ? [[parameter, { value, scope }] as const] : [];
    });
    return { body, returns: returnsOf(body), scope: new Map([...scope, ...inner]) };
  }

  /** Reads what a call returns; a function that calls itself is not entered again. */
  private within<T>(entered: Entered, read: (one: ts.Expression, scope: Scope) => readonly T[]) {
    if (this.entered.has(entered.body)) return [];
    this.entered.add(entered.body);
    this.read.add(entered.body);
    try {
      return entered.returns.flatMap((one) => read(one, entered.scope));
    } finally {
      this.entered.delete(entered.body);
    }
  }
}

/** A function that a call enters. */
interface Entered {
  readonly body: ts.Node;
  readonly returns: readonly ts.Expression[];
  readonly scope: Scope;
}

function isNothing(node: ts.Expression): boolean {
  return ts.isIdentifier(node) && node.text === "undefined";
}
