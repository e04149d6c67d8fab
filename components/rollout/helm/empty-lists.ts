import { hidesDefault, keysOf } from "./nulls";
import { parsed, type EnvironmentPlace, type ReleaseValues } from "./values";

/**
 * Whether an empty list of the site's takes the place of a default that the chart has, or may have.
 * Pulumi's Helm release drops it, and the chart's list would be in force again, unless it is told to
 * allow null values; nulls it drops all the same.
 *
 * @param places of lists in which ours are: none of them stays empty
 */
export function hasEmptyLists(
  { defaults, ofSite }: ReleaseValues,
  places: readonly EnvironmentPlace[],
): boolean {
  const filled = places.filter(({ form }) => form === "list").map(({ path }) => path);
  const known = defaults?.map(parsed);
  const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
  return ofSite
    .flatMap((values) => keysOf(parsed(values), isEmpty))
    .some((keys) => !filled.includes(keys.join(".")) && hidesDefault(keys, known));
}
