import { formatCount } from "../text";

/** A count with a statement, such as `2 resources destroyed`; undefined for zero. */
export function describeAny(count: number, one: string, rest = ""): string | undefined {
  return count > 0 ? formatCount(count, one) + rest : undefined;
}

/** Those that there are, with commas. */
export const formatList = (parts: readonly (string | false | undefined)[]): string =>
  parts.filter(Boolean).join(", ");
