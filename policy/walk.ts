/** A value in an object, with the keys that lead to it. */
export interface Found {
  readonly path: string;
  readonly key: string;
  readonly value: unknown;
}

/** Every value in an object or a list and in those inside it, objects and lists themselves included. */
export function* walk(value: unknown, path = ""): Generator<Found> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const at = path === "" ? key : `${path}.${key}`;
    yield { path: at, key, value: inner };
    yield* walk(inner, at);
  }
}
