import { join } from "node:path";
import * as ts from "typescript";

type Body = ts.FunctionLikeDeclaration;

/** Code with its types. */
export interface Source {
  readonly checker: ts.TypeChecker;
  readonly files: readonly ts.SourceFile[];
  /** What a name means, behind imports. */
  symbolAt(node: ts.Node): ts.Symbol | undefined;
  typeOf(node: ts.Expression): ts.Type;
  /** Whether a name holds a text, or nothing. */
  isText(symbol: ts.Symbol): boolean;
  /** Where a pattern takes a name from: a parameter, or an expression. */
  patternOf(symbol: ts.Symbol): Pattern | undefined;
  /** The value of a constant, or of what is written in its place. */
  constant(node: ts.Expression): ts.Expression | undefined;
  /** A function that is written down or named. */
  functionOf(node: ts.Expression): Body | undefined;
}

interface Pattern {
  readonly name: string;
  readonly owner?: ts.ParameterDeclaration;
  readonly value?: ts.Expression | undefined;
}

/** Reads the folders of a repository, as `tsconfig.json` has them. */
export function sourceIn(root: string, folders: readonly string[]): Source {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), (file) => ts.sys.readFile(file));
  const { options, fileNames } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const isOurs = (name: string) => folders.some((one) => name.startsWith(join(root, one, "/")));
  const host = ts.createCompilerHost(options);
  // Only the project's own files are read: the types of packages take seconds, and say nothing of its texts.
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) =>
      text.startsWith(".")
        ? ts.resolveModuleName(text, from, options, host)
        : { resolvedModule: undefined },
    );
  const program = ts.createProgram(fileNames.filter(isOurs), { ...options, types: [] }, host);
  const files = program.getSourceFiles().filter(({ fileName }) => isOurs(fileName));
  return withChecker(program.getTypeChecker(), files);
}

function withChecker(checker: ts.TypeChecker, files: readonly ts.SourceFile[]): Source {
  const symbolAt = (node: ts.Node) => {
    const symbol = checker.getSymbolAtLocation(node);
    const isAlias = symbol && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  };
  const constant = (node: ts.Expression) => {
    const symbol = ts.isIdentifier(node) ? symbolAt(node) : undefined;
    return symbol ? initializerOf(symbol) : node;
  };
  const functionOf = (node: ts.Expression) => {
    const bare = unwrap(node);
    if (ts.isArrowFunction(bare) || ts.isFunctionExpression(bare)) return bare;
    const symbol = symbolAt(ts.isPropertyAccessExpression(bare) ? bare.name : bare);
    return symbol && bodyOf(symbol);
  };
  return {
    ...{ checker, files, symbolAt, constant, functionOf },
    typeOf: (node) => checker.getTypeAtLocation(node),
    isText: (symbol) => isText(checker.getTypeOfSymbol(symbol)),
    patternOf,
  };
}

function isText(type: ts.Type): boolean {
  const parts = type.isUnion() ? type.types : [type];
  return parts.some(({ flags }) => (flags & ts.TypeFlags.StringLike) !== 0);
}

function patternOf({ valueDeclaration: element }: ts.Symbol): Pattern | undefined {
  if (!element || !ts.isBindingElement(element) || element.dotDotDotToken) return undefined;
  if (!ts.isObjectBindingPattern(element.parent)) return undefined;
  const name = (element.propertyName ?? element.name).getText();
  const holder = element.parent.parent;
  if (ts.isParameter(holder)) return { name, owner: holder };
  return ts.isVariableDeclaration(holder) ? { name, value: holder.initializer } : undefined;
}

/** The parameter that a name is; undefined for what is taken out of one. */
export function parameterOf({ valueDeclaration }: ts.Symbol): ts.ParameterDeclaration | undefined {
  return valueDeclaration && ts.isParameter(valueDeclaration) ? valueDeclaration : undefined;
}

/** The value that a constant is given where it is declared. */
export function initializerOf({ valueDeclaration }: ts.Symbol): ts.Expression | undefined {
  if (!valueDeclaration || !ts.isVariableDeclaration(valueDeclaration)) return undefined;
  const isConstant = (ts.getCombinedNodeFlags(valueDeclaration) & ts.NodeFlags.Const) !== 0;
  return isConstant && valueDeclaration.initializer
    ? unwrap(valueDeclaration.initializer)
    : undefined;
}

/** The function of the project that a call enters. */
export function callee(source: Source, call: ts.CallExpression): Body | undefined {
  const body = source.functionOf(call.expression);
  return body && source.files.includes(body.getSourceFile()) ? body : undefined;
}

function bodyOf(symbol: ts.Symbol): Body | undefined {
  const value = initializerOf(symbol);
  if (value && (ts.isArrowFunction(value) || ts.isFunctionExpression(value))) return value;
  const declarations = symbol.declarations ?? [];
  return declarations.find(
    (one) => (ts.isFunctionDeclaration(one) || ts.isMethodDeclaration(one)) && one.body,
  ) as Body | undefined;
}

/** What a function returns, from each place; what it yields counts for nothing. */
export function returnsOf({ body }: Body): ts.Expression[] {
  if (!body) return [];
  if (!ts.isBlock(body)) return [body];
  const found: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isReturnStatement(node) && node.expression) found.push(node.expression);
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

/** An expression without what does not change its value. */
export function unwrap(node: ts.Expression): ts.Expression {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAwaitExpression(node)
  ) {
    return unwrap(node.expression);
  }
  return node;
}
