import { BSON, type Document } from "mongodb";
import { valueOf } from "./value";

/**
 * A document after an update: a replacement, operators, or a pipeline of one `$replaceWith`, `$set` or `$unset`, as merge
 * bases and checkpoints use them.
 *
 * @param isNew whether it is inserted now
 */
export function applyUpdate(
  before: Document,
  update: Document | Document[],
  isNew: boolean,
): Document {
  if (Array.isArray(update)) return withId(before, replacementIn(before, update));
  const operators = Object.entries(update);
  if (!operators.some(([name]) => name.startsWith("$"))) return withId(before, update);
  const document = toStructured(before);
  for (const [operator, fields] of operators) {
    if (operator === "$setOnInsert" && !isNew) continue;
    for (const [path, value] of Object.entries(fields as Document)) {
      apply(document, operator, path.split("."), value);
    }
  }
  return document;
}

/** The fields of an upsert's new document: those that the filter requires to be equal. */
export function newDocument(filter: Document): Document {
  const given = Object.entries(filter).filter(
    ([name, asked]) => !name.startsWith("$") && !isCondition(asked),
  );
  return withId({}, Object.fromEntries(given));
}

function isCondition(asked: unknown): boolean {
  const names = typeof asked === "object" && asked !== null ? Object.keys(asked) : [];
  return names.some((name) => name.startsWith("$"));
}

function withId(before: Document, { _id, ...rest }: Document): Document {
  const given: unknown = before._id ?? _id ?? new BSON.ObjectId();
  return { _id: given, ...rest };
}

function replacementIn(before: Document, [stage]: readonly Document[]): Document {
  if (stage?.$set !== undefined)
    return { ...before, ...(evaluate(before, stage.$set) as Document) };
  if (stage?.$unset !== undefined) {
    const names = stage.$unset as readonly string[];
    return Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name)));
  }
  if (stage?.$replaceWith === undefined) {
    throw new Error(`The sink knows no update ${JSON.stringify(stage)}.`);
  }
  return evaluate(before, stage.$replaceWith) as Document;
}

/** The value of an expression for a document; undefined for a field that is not there. `$$one` is a filter's item. */
function evaluate(document: Document, expression: unknown, one?: unknown): unknown {
  if (expression === "$$ROOT") return document;
  if (expression === "$$REMOVE") return undefined;
  if (typeof expression === "string" && expression.startsWith("$")) {
    const [first = "", ...rest] = expression.split(".");
    const path = first === "$$one" ? rest : [first.slice(1), ...rest];
    const from: unknown = first === "$$one" ? one : document;
    return path.reduce((value, name) => (value as Document | undefined)?.[name] as unknown, from);
  }
  if (typeof expression !== "object" || expression === null) return expression;
  const [operator = "", asked]: [string?, unknown?] = Object.entries(expression)[0] ?? [];
  if (operator === "$literal") return asked;
  const valueIn = (part: unknown) => evaluate(document, part, one);
  if (!operator.startsWith("$")) {
    const members = Object.entries(expression).map(
      ([name, value]) => [name, valueIn(value)] as const,
    );
    return Object.fromEntries(members.filter(([, value]) => value !== undefined));
  }
  if (operator === "$filter") {
    const { input, cond } = asked as Document;
    return (valueIn(input) as unknown[]).filter((item) => evaluate(document, cond, item) === true);
  }
  const [left, right, third] = asked as readonly unknown[];
  switch (operator) {
    case "$cond":
      return valueIn(valueIn(left) === true ? right : third);
    case "$or":
      return (asked as readonly unknown[]).some((each) => valueIn(each) === true);
    case "$and":
      return (asked as readonly unknown[]).every((each) => valueIn(each) === true);
    case "$not":
      return valueIn(left) !== true;
    case "$in":
      return (valueIn(right) as unknown[]).some((item) => valueOf(item) === valueOf(valueIn(left)));
    case "$eq":
      return valueOf(valueIn(left)) === valueOf(valueIn(right));
    case "$gt":
      return Number(valueIn(left) ?? -1) > Number(valueIn(right));
    case "$ifNull":
      return valueIn(left) ?? valueIn(right);
    default:
      throw new Error(`The sink knows no operator ${operator}.`);
  }
}

/** Copies objects, so that stored ones stay; shares values of BSON's types. */
function toStructured(document: Document): Document {
  const copied = Object.entries(document).map(([name, value]: [string, unknown]) => {
    const isPlain = typeof value === "object" && value?.constructor === Object;
    return [name, isPlain ? toStructured(value) : value] as const;
  });
  return Object.fromEntries(copied);
}

function apply(document: Document, operator: string, path: readonly string[], value: unknown) {
  const [name = "", ...rest] = path;
  if (rest.length > 0) {
    apply((document[name] ??= {}) as Document, operator, rest, value);
    return;
  }
  const before: unknown = document[name];
  switch (operator) {
    case "$set":
    case "$setOnInsert":
      document[name] = value;
      return;
    case "$addToSet": {
      const items = (before ?? []) as unknown[];
      const isThere = items.some((item) => valueOf(item) === valueOf(value));
      document[name] = isThere ? items : [...items, value];
      return;
    }
    default:
      throw new Error(`The sink knows no operator ${operator}.`);
  }
}
