import * as ts from "typescript";
import type { Source } from "./source";

/** Objects that become a part of an error: by their keys, how they are written there. */
const findings: readonly (readonly [keys: readonly string[], form: string])[] = [
  [["key", "found", "allowed"], "taskrunner-storage:{key}: found {found}; allowed: {allowed}"],
  [["object", "found", "advice"], "{object}: {found}, {detail}. {advice}"],
  [["found", "advice"], "{found}, {detail}. {advice}"],
  [["property", "reason"], "{reason}"],
  [["urn", "message"], "{message}"],
  [["error"], "allowed: {error}"],
  [["detail"], "{detail}"],
];

/** What makes a message. */
export type Place =
  ts.NewExpression | ts.CallExpression | ts.ObjectLiteralExpression | ts.PropertyAssignment;

/** The outermost expressions that make an error, and the findings. */
export function placesIn(source: Source, file: ts.SourceFile): Place[] {
  const found: Place[] = [];
  const visit = (node: ts.Node): void => {
    if (isPlace(source, node) && !isInMaker(source, node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function isPlace(source: Source, node: ts.Node): node is Place {
  if (ts.isObjectLiteralExpression(node)) return formOf(node) !== undefined;
  if (ts.isPropertyAssignment(node)) return isRule(node, node.getSourceFile());
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return false;
  if (node.expression.kind === ts.SyntaxKind.SuperKeyword) return false;
  if (ts.isCallExpression(node) && isWarning(node)) return true;
  // A package's own class is known by its name.
  if (ts.isNewExpression(node) && node.expression.getText().endsWith("Error")) return true;
  return isError(source, source.typeOf(node)) && (ts.isNewExpression(node) || isOurs(source, node));
}

/** A policy's rule: what breaks it, as a list of texts. */
function isRule({ name, initializer }: ts.PropertyAssignment, { fileName }: ts.SourceFile) {
  return (
    fileName.includes("/policy/") && name.getText() === "of" && ts.isArrowFunction(initializer)
  );
}

/** Whether a call prints a warning. */
export function isWarning({ expression }: ts.CallExpression): boolean {
  return /^(console|(pulumi\.)?log)\.warn$/.test(expression.getText());
}

function isOurs(source: Source, { expression }: ts.CallExpression): boolean {
  const body = source.functionOf(expression);
  return body !== undefined && source.files.includes(body.getSourceFile());
}

/** Whether a function around returns the error: its callers are the places then. */
function isInMaker(source: Source, place: Place): boolean {
  const body = functionAround(place);
  if (!body || ts.isObjectLiteralExpression(place)) return false;
  const signature = source.checker.getSignatureFromDeclaration(body);
  return signature !== undefined && isError(source, signature.getReturnType());
}

function isError({ checker }: Source, type: ts.Type): boolean {
  const base = type.isUnion() ? type.types : [type];
  return base.some(
    (one) => one.getSymbol()?.name === "Error" || (one.isClass() && isErrorClass(checker, one)),
  );
}

function isErrorClass(checker: ts.TypeChecker, type: ts.InterfaceType): boolean {
  return checker
    .getBaseTypes(type)
    .some(
      (base) =>
        base.getSymbol()?.name === "Error" || (base.isClass() && isErrorClass(checker, base)),
    );
}

/** How an object is written as a part of an error. */
export function formOf(node: ts.ObjectLiteralExpression) {
  const names = node.properties.map(({ name }) => name?.getText());
  return findings.find(([keys]) => keys.every((key) => names.includes(key)));
}

function functionAround(node: ts.Node): ts.FunctionLikeDeclaration | undefined {
  const { parent } = node;
  if (!(parent as ts.Node | undefined)) return undefined;
  if (ts.isFunctionLike(parent) && "body" in parent) return parent;
  return functionAround(parent);
}
