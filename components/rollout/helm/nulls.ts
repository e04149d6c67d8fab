import { ReleaseValuesError } from "./errors";
import { isMap, parsed, valueAt, type ReleaseValues } from "./values";

/**
 * Refuses a null that would be lost. To Helm it takes a default of the chart away, such as a number
 * of replicas that an autoscaler sets; Pulumi's Helm release passes none on, so the default would
 * be in force again, and a service be scaled down by it.
 *
 * Of a chart that is elsewhere the defaults cannot be read: a null in its values is refused always.
 *
 * @throws ReleaseValuesError with the key
 */
export function refuseLostNulls({ defaults, ofSite }: ReleaseValues): void {
  const known = defaults?.map(parsed);
  for (const values of ofSite) {
    const nulls = keysOf(parsed(values), (value) => value === null);
    const lost = nulls.find((keys) => hidesDefault(keys, known));
    if (!lost) continue;
    throw new ReleaseValuesError(
      values.file,
      `${lost.join(".")} is null, which does not reach Helm from here, so the chart's default would count`,
      'Write what stands for nothing there (false, [] or ""), or take the line out.',
    );
  }
}

/** The keys that lead to each such value in maps. */
export function keysOf(value: unknown, isWanted: (value: unknown) => boolean): string[][] {
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    isWanted(member) ? [[key]] : keysOf(member, isWanted).map((keys) => [key, ...keys]),
  );
}

/**
 * Whether a chart has a default at the end of a path of keys; one that cannot be read may have it.
 *
 * @param defaults what the chart's files say
 */
export function hidesDefault(
  keys: readonly string[],
  defaults: readonly unknown[] | undefined,
): boolean {
  return defaults?.every((values) => isNothing(valueAt(values, keys))) !== true;
}

/** Whether a default is no other than none to a template. */
function isNothing(value: unknown): boolean {
  if (isMap(value) || Array.isArray(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === false;
}
