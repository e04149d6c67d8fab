import { relative } from "node:path";
import * as ts from "typescript";
import { merge } from "./alternatives";
import { formOf, isWarning, placesIn, type Place } from "./places";
import { returnsOf, sourceIn, unwrap, type Source } from "./source";
import { TextReader, type Scope } from "./text";

/** A place in the code that makes an error, a refusal or a finding, with the texts that it can have. */
export interface Message {
  /** From the repository's root. */
  readonly file: string;
  readonly line: number;
  /** Such as `new JobError`. */
  readonly what: string;
  readonly texts: readonly string[];
}

/** All messages of a repository's folders, in the order of their files. */
export function messagesIn(root: string, folders: readonly string[]): Message[] {
  const source = sourceIn(root, folders);
  const work = { source, calls: callsIn(source), read: new Set<ts.Node>() };
  const message = (node: ts.Node, what: string, texts: readonly string[]): Message => {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    return { file: relative(root, file.fileName), line: line + 1, what, texts: merge(texts) };
  };
  const found = source.files
    .flatMap((file) => placesIn(source, file))
    .map((place) => message(place, nameOf(place), readPlace(work, place)));
  const notices = noticesIn(work).map(([body, texts]) => message(body, "notice", texts));
  return [...found, ...notices];
}

interface Work {
  readonly source: Source;
  readonly calls: Calls;
  /** The functions that are read so far. */
  readonly read: Set<ts.Node>;
}

/** The functions that return sentences and that no error, finding or other such function reads. */
function noticesIn({ source, read }: Work): (readonly [ts.Node, readonly string[]])[] {
  const all = source.files.flatMap(({ statements }) =>
    statements.filter((one) => ts.isFunctionDeclaration(one)),
  );
  const notices = all
    .filter((body) => !read.has(body))
    .map((body) => {
      const inner = new Set<ts.Node>();
      const reader = new TextReader(source, inner);
      const texts = returnsOf(body).flatMap((one) =>
        isList(source, body) ? reader.itemsOf(one, new Map()) : reader.textsOf(one, new Map()),
      );
      return { body, inner, texts: texts.filter(isSentence) };
    })
    .filter(({ texts }) => texts.length > 0);
  const isInner = (body: ts.Node) => notices.some(({ inner }) => inner.has(body));
  return notices.filter(({ body }) => !isInner(body)).map(({ body, texts }) => [body, texts]);
}

/** Whether a text is a line or some for people, with a sentence in it; what has paragraphs is a page or help. */
const isSentence = (text: string) =>
  !/\n\n|\n\| |^Environment:/m.test(text) && /[a-z]+ [^.]*[a-z]+ [^.]*[a-z›)`"]\.(\s|$)/.test(text);

function isList({ checker }: Source, body: ts.FunctionDeclaration): boolean {
  const signature = checker.getSignatureFromDeclaration(body);
  return (
    signature !== undefined && checker.typeToString(signature.getReturnType()).includes("string[]")
  );
}

type Calls = ReadonlyMap<ts.Node, readonly (ts.CallExpression | ts.NewExpression)[]>;

function nameOf(place: Place): string {
  if (ts.isObjectLiteralExpression(place) || ts.isPropertyAssignment(place)) return "finding";
  return ts.isNewExpression(place)
    ? `new ${place.expression.getText()}`
    : place.expression.getText();
}

/** The calls of each function of the project. */
function callsIn(source: Source): Calls {
  const calls = new Map<ts.Node, (ts.CallExpression | ts.NewExpression)[]>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const body = source.functionOf(node.expression);
      if (body) calls.set(body, [...(calls.get(body) ?? []), node]);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of source.files) visit(file);
  return calls;
}

const maxCallers = 3;

/** The texts of a place: what a parameter holds is looked up in the calls of its function. */
function readPlace(work: Work, place: Place, scope: Scope = new Map(), level = 0): string[] {
  const { source, calls, read } = work;
  const reader = new TextReader(source, read);
  const texts = textsOf(source, reader, place, scope);
  const needed = [...reader.open].find((one) => isTextual(source, one) && calls.has(one.parent));
  if (!needed || level === maxCallers) return [...texts];
  return (calls.get(needed.parent) ?? []).flatMap((call) =>
    readPlace(work, place, bindParameters(needed.parent, call, scope), level + 1),
  );
}

function bindParameters(
  body: ts.SignatureDeclaration,
  call: ts.CallExpression | ts.NewExpression,
  scope: Scope,
): Scope {
  const own = body.parameters.flatMap((parameter, at) => {
    const value = call.arguments?.[at] ?? parameter.initializer;
    return value ? [[parameter, { value, scope }] as const] : [];
  });
  return new Map([...scope, ...own]);
}

function isTextual({ checker }: Source, parameter: ts.ParameterDeclaration): boolean {
  return /^(readonly )?string(\[\])?( \| undefined)?$/.test(
    checker.typeToString(checker.getTypeAtLocation(parameter)),
  );
}

function textsOf(
  source: Source,
  reader: TextReader,
  place: Place,
  scope: Scope,
): readonly string[] {
  if (ts.isObjectLiteralExpression(place)) return findingTexts(reader, place, scope);
  if (ts.isPropertyAssignment(place)) return ruleTexts(source, reader, place, scope);
  if (ts.isNewExpression(place)) return newTexts(source, reader, place, scope);
  const [warning] = place.arguments;
  if (isWarning(place)) return warning ? reader.textsOf(warning, scope) : [];
  const entered = reader.enter(place, scope);
  return (entered?.returns ?? []).flatMap((one) => {
    const node = unwrap(one);
    const isMade = ts.isNewExpression(node) || ts.isCallExpression(node);
    return isMade ? textsOf(source, reader, node, entered?.scope ?? scope) : [];
  });
}

function ruleTexts(source: Source, reader: TextReader, place: ts.PropertyAssignment, scope: Scope) {
  const rule = source.functionOf(place.initializer);
  return rule ? returnsOf(rule).flatMap((one) => reader.itemsOf(one, scope)) : [];
}

function findingTexts(
  reader: TextReader,
  place: ts.ObjectLiteralExpression,
  scope: Scope,
): string[] {
  const [, form = ""] = formOf(place) ?? [];
  const names = [...form.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const values = names.map((name) => {
    const property = place.properties.find((one) => one.name?.getText() === name);
    return [name, property ? reader.valueOf(property, scope) : []] as const;
  });
  const longest = Math.max(...values.map(([, texts]) => texts.length));
  return Array.from({ length: longest }, (_, at) =>
    values
      .reduce((text, [name, texts]) => text.replace(`{${name}}`, texts[at] ?? texts[0] ?? ""), form)
      .replace(/, \. /, ". "),
  );
}

/** What the constructor of an error's class makes of its arguments. */
function newTexts(
  source: Source,
  reader: TextReader,
  place: ts.NewExpression,
  scope: Scope,
): readonly string[] {
  const declaration = source.symbolAt(place.expression)?.valueDeclaration;
  const maker =
    declaration && ts.isClassDeclaration(declaration)
      ? declaration.members.find((one) => ts.isConstructorDeclaration(one))
      : undefined;
  const [first] = place.arguments ?? [];
  if (!maker?.body || !source.files.includes(maker.getSourceFile())) {
    return first ? reader.textsOf(first, scope) : [];
  }
  const message = superArgument(maker.body);
  return message ? reader.textsOf(message, bindParameters(maker, place, scope)) : [];
}

function superArgument(body: ts.Block): ts.Expression | undefined {
  for (const statement of body.statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression))
      continue;
    const { expression, arguments: args } = statement.expression;
    if (expression.kind === ts.SyntaxKind.SuperKeyword) return args[0];
  }
  return undefined;
}
