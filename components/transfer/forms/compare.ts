import type { Document } from "mongodb";
import { type CollectionRole, byRole, collections, stepEnumerations } from "../../contract";
import {
  type StepForms,
  areEqual,
  formatJson,
  isContradicted,
  isJsonObject,
  membersOf,
  recordOf,
  refusalIn,
  valueIn,
} from "../../state";
import type { FormDifference, SeenForm } from "../reports";
import { ListHash } from "../tally";

/** A document to compare. */
export interface Sample {
  /** Its key, for people. */
  readonly id: string;
  readonly document: Document;
  /** The document as the import wrote it: an equal value does not count. Default: all values count. */
  readonly written?: Document;
}

/** Minimum number of documents of services with a path, so that one written by hand stops nothing. */
const enoughDocuments = 3;

/** Members that an import copies as they are, whatever they contain. */
export const leftOut = ["plan", "failurePolicy", "metadata"];

/**
 * Compares, by path, the values that an import writes with those that services wrote: the BSON type, where all numbers
 * are one type and null is no value, and of enumerations also the case. A form of the import differs if at least three
 * documents of services have its path, and none of them has the form, or if they have the path only in another case. A
 * form of three documents of services also differs if a rollback could not write it to a file.
 */
export function findFormDifferences(
  role: CollectionRole,
  imported: readonly Sample[],
  services: readonly Sample[],
): FormDifference[] {
  const ours = collectForms(role, imported);
  const theirs = new Map(
    [...collectForms(role, services)].filter(([, { documents }]) => documents >= enoughDocuments),
  );
  const inLowerCase = new Map([...theirs.keys()].map((path) => [path.toLowerCase(), path]));
  const differing = [...ours].flatMap(([path, { forms }]) => {
    const theirPath = inLowerCase.get(path.toLowerCase());
    if (theirPath === undefined) return [];
    const known =
      theirs.get(path)?.forms ?? formsAs(theirPath, theirs.get(theirPath)?.forms.values() ?? []);
    const others = [...forms.values()].filter(({ form }) => !known.has(form));
    return others.map((one) => ({ role, path, imported: one, services: [...known.values()] }));
  });
  const unwritable = [...theirs].flatMap(([path, { forms }]) => {
    const some = [...forms.values()].filter(
      ({ form, count }) => form.endsWith(unwritableForm) && count >= enoughDocuments,
    );
    if (some.length === 0 || differing.some((one) => one.path === path)) return [];
    const [first = { form: "absent", count: 0, example: "" }] =
      ours.get(path)?.forms.values() ?? [];
    return [{ role, path, imported: first, services: some }];
  });
  return [...differing, ...unwritable];
}

/** The forms of a path of which the import has only the case of the names otherwise. */
function formsAs(path: string, forms: Iterable<SeenForm>): ReadonlyMap<string, SeenForm> {
  const named = [...forms].map((one) => ({ ...one, form: `${one.form} as ${path}` }));
  return new Map(named.map((one) => [one.form, one]));
}

/**
 * The hash for `advanced.acceptForms`, in 16 hexadecimal digits. It covers paths, forms and a contradicted table of
 * integers, but not counts and examples.
 */
export function hashForms(differences: readonly FormDifference[], forms?: StepForms): string {
  const hash = new ListHash();
  if (forms && isContradicted(forms)) hash.add(JSON.stringify([forms.table]));
  for (const { role, path, imported, services } of differences) {
    const forms = services.map(({ form }) => form).sort();
    hash.add(JSON.stringify([role, path, imported.form, forms]));
  }
  return hash.toString();
}

/** The number of documents that have a path, and its forms. */
interface PathForms {
  documents: number;
  readonly forms: Map<string, SeenForm>;
}

function collectForms(role: CollectionRole, samples: readonly Sample[]): Map<string, PathForms> {
  const all = new Map<string, PathForms>();
  for (const { id, document, written = {} } of samples) {
    const found = new Map<string, Set<string>>();
    for (const [name, whole] of Object.entries(document)) {
      const isInFile = recordOf(role, { [name]: null }).size > 0;
      for (const [path, value] of valuesIn(name, whole, written[name])) {
        const letters = enumerations[role].has(path) ? caseOf(value) : "";
        const end = isInFile && !isWritable(value) ? unwritableForm : "";
        const form = letters + typeOf(value) + end;
        found.set(path, (found.get(path) ?? new Set()).add(form));
      }
    }
    for (const [path, forms] of found) {
      const known = all.get(path) ?? { documents: 0, forms: new Map<string, SeenForm>() };
      all.set(path, known);
      known.documents += 1;
      for (const form of forms) {
        const { count, example } = known.forms.get(form) ?? { count: 0, example: id };
        known.forms.set(form, { form, count: count + 1, example });
      }
    }
  }
  return all;
}

/** The end of the name of a form that a rollback cannot write. */
const unwritableForm = " that no file can hold";

function isWritable(value: unknown): boolean {
  if (Array.isArray(value) || isJsonObject(value)) return true;
  try {
    formatJson(value);
    return true;
  } catch (error) {
    refusalIn(error);
    return false;
  }
}

/** The values that count, each with its path. */
function* valuesIn(
  path: string,
  value: unknown,
  written: unknown,
): Generator<readonly [path: string, value: unknown]> {
  if (value == null || leftOut.includes(path) || areEqual(value, written)) return;
  yield [path, value];
  if (Array.isArray(value)) {
    const before: unknown[] = Array.isArray(written) ? written : [];
    for (const [at, item] of value.entries()) yield* valuesIn(`${path}[]`, item, before[at]);
  } else if (isJsonObject(value)) {
    const before = isJsonObject(written) ? written : {};
    for (const [name, inner] of membersOf(value)) {
      yield* valuesIn(`${path}.${name}`, inner, valueIn(before, name));
    }
  }
}

/** The paths of enumerations by role. */
const enumerations = byRole((role) => {
  const fields = Object.entries(collections[role].fields);
  const named = fields.flatMap(([name, { names }]) => (names ? [name] : []));
  return new Set(role === "runs" ? stepEnumerations.map((name) => `steps[].${name}`) : named);
});

function caseOf(value: unknown): string {
  if (typeof value !== "string") return "";
  const isLower = value.toLowerCase().startsWith(value.charAt(0));
  if (isLower) return "lower-case ";
  return value.toUpperCase() === value ? "upper-case " : "capitalized ";
}

const numberTypes = ["Int32", "Long", "Double", "Decimal128"];

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value !== "object" || value === null) return typeof value;
  if (isJsonObject(value)) return "object";
  const { name } = value.constructor;
  if (numberTypes.includes(name)) return "number";
  return name === "Date" ? "date" : name;
}
