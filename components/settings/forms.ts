import { z } from "zod";

/** An object of settings. For an unknown key its error lists the keys that it has. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? Object.keys(shape).join(", ") : undefined,
  });
}

/** A text of the settings. */
export const text = z.string().min(1, { error: "a string that is not empty" });

/** A count from 1 on. */
export const positive = z.int().min(1);

/**
 * A name whose characters the JSON Schema states too; its length in bytes only the program counts.
 *
 * @param allowed what the error says is allowed
 */
function nameOf(characters: RegExp, maxBytes: number, allowed: string) {
  return z
    .string()
    .regex(characters, { error: allowed, abort: true })
    .refine((name) => Buffer.byteLength(name, "utf8") <= maxBytes, { error: allowed });
}

/**
 * A database's name as MongoDB accepts it on every platform: 1 to 63 bytes without
 * `/ \ . " $ * < > : | ?`, blanks or the null character.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export const databaseName = nameOf(
  /^[^/\\. "$*<>:|?\0]{1,63}$/,
  63,
  'a database name of 1 to 63 bytes without / \\ . " $ * < > : | ? or a blank',
);

/**
 * A collection's name: 1 to 190 bytes (so that with the database's name a namespace stays under
 * 255), without `$` and the null character, not beginning with `system.`.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export const collectionName = nameOf(
  /^(?!system\.)[^$\0]{1,190}$/,
  190,
  'a collection name of 1 to 190 bytes without $ that does not begin with "system."',
);
