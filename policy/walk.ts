/** A value in an object, with the keys that lead to it. */
export interface Found {
  readonly path: string;
  readonly key: string;
  readonly value: unknown;
}

/**
 * Every value in an object or a list and in those inside it, objects and lists themselves included.
 *
 * @param isClosed which of them are not looked into; default none
 */
export function* walk(
  value: unknown,
  isClosed: (value: unknown) => boolean = () => false,
  path = "",
): Generator<Found> {
  if (typeof value !== "object" || value === null || isClosed(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    yield { path: at, key, value: inner };
    yield* walk(inner, isClosed, at);
  }
}
