import type { Document } from "mongodb";
import { type CollectionRole, byRole, collections, stepEnumerations } from "../../contract";
import {
  type StepForms,
  areEqual,
  isContradicted,
  isJsonObject,
  membersOf,
  valueIn,
} from "../../state";
import { ListHash } from "../tally";

/** A form, such as `date` or `lower-case string`, with the number of documents that have it, and one of them. */
export interface SeenForm {
  readonly form: string;
  readonly count: number;
  readonly example: string;
}

/** A path at which the services write other forms than the import. Lists are flattened: `steps[].status`. */
export interface FormDifference {
  readonly role: CollectionRole;
  readonly path: string;
  readonly imported: SeenForm;
  readonly services: readonly SeenForm[];
}

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
 * documents of services have its path, and none of them has the form.
 */
export function findFormDifferences(
  role: CollectionRole,
  imported: readonly Sample[],
  services: readonly Sample[],
): FormDifference[] {
  const theirs = collectForms(role, services);
  return [...collectForms(role, imported)].flatMap(([path, ours]) => {
    const known = theirs.get(path);
    if (known === undefined || known.documents < enoughDocuments) return [];
    const others = [...ours.forms.values()].filter(({ form }) => !known.forms.has(form));
    return others.map((one) => ({
      role,
      path,
      imported: one,
      services: [...known.forms.values()],
    }));
  });
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
      for (const [path, value] of valuesIn(name, whole, written[name])) {
        const form = enumerations[role].has(path) ? caseOf(value) + typeOf(value) : typeOf(value);
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
