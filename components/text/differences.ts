import { isDeepStrictEqual } from "node:util";

/** A dotted key whose value differs; undefined on the side that lacks it. */
export interface ValueDifference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The members of a value that are compared one by one; undefined if it is compared as a whole. */
type MembersOf = (value: unknown) => Readonly<Record<string, unknown>> | undefined;

/** The leaves in which two values differ. A side that lacks a map lacks each member of it. */
export function compareValues(
  before: unknown,
  after: unknown,
  membersOf: MembersOf,
  path = "",
): ValueDifference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const olds = membersOf(before ?? {});
  const news = membersOf(after ?? {});
  const keys = new Set([...Object.keys(olds ?? {}), ...Object.keys(news ?? {})]);
  if (!olds || !news || keys.size === 0) return [{ path, before, after }];
  return [...keys].flatMap((key) =>
    compareValues(olds[key], news[key], membersOf, path === "" ? key : `${path}.${key}`),
  );
}
