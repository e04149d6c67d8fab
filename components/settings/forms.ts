import { z } from "zod";

/** A section of settings. Its error for an unknown key lists the known ones. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined,
  });
}

/** A non-empty string. */
export const text = z.string().min(1, { error: "a string that is not empty" });

/** An integer from 1 on. */
export function wholeNumber(max?: number) {
  const allowed = { error: `a whole number from 1${max === undefined ? "" : ` to ${max}`}` };
  const one = z.int(allowed).min(1, allowed);
  return max === undefined ? one : one.max(max, allowed);
}

// JSON Schema can express the characters, but not the limit in bytes: only the program checks it.
function nameSchema(characters: RegExp, maxBytes: number, allowed: string) {
  return z
    .string()
    .regex(characters, { error: allowed, abort: true })
    .refine((name) => Buffer.byteLength(name, "utf8") <= maxBytes, { error: allowed });
}

/**
 * A database name that MongoDB accepts on every platform.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export const databaseName = nameSchema(
  /^[^/\\. "$*<>:|?\0]{1,63}$/,
  63,
  'a database name of 1 to 63 bytes without / \\ . " $ * < > : | ? or a blank',
);

/** A folder below the state directory, with `/`; the program's own folders there are reserved. */
export const folder = z
  .string()
  .regex(/^(?!(held|conflicts|superseded)(\/|$))((?!\.{1,2}(\/|$))[^/\\\0]+(\/(?!$)|$))+$/, {
    error:
      "a path below the state directory such as logs/runs, without . or .. and not in held, conflicts or superseded",
  });

/** An index name that MongoDB and the planner, which has bridges of its own, leave to a site. */
export const indexName = z.string().regex(/^(?!(\*|_id_|.*_bridge)$)[^\0]+$/, {
  error: 'an index name other than * and _id_ that does not end with "_bridge"',
});

/**
 * A collection name: at most 190 bytes, so that the namespace with the database name stays under 255.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export const collectionName = nameSchema(
  /^(?!system\.)[^$\0]{1,190}$/,
  190,
  'a collection name of 1 to 190 bytes without $ that does not begin with "system."',
);
