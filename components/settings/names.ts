import { z } from "zod";

const bytes = (text: string) => Buffer.byteLength(text, "utf8");

/**
 * A database's name as MongoDB accepts it on every platform: 1 to 63 bytes without
 * `/ \ . " $ * < > : | ?`, blanks or the null character.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export const databaseName = z
  .string()
  .refine((name) => bytes(name) >= 1 && bytes(name) <= 63 && !/[/\\. "$*<>:|?\0]/.test(name), {
    error: 'a database name of 1 to 63 bytes without / \\ . " $ * < > : | ? or a blank',
  });

/**
 * A collection's name: 1 to 190 bytes (so that with the database's name a namespace stays under
 * 255), no `$`, no null character, not beginning with `system.`.
 *
 * @see https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
 */
export const collectionName = z
  .string()
  .refine(
    (name) =>
      bytes(name) >= 1 && bytes(name) <= 190 && !/[$\0]/.test(name) && !name.startsWith("system."),
    { error: 'a collection name of 1 to 190 bytes without $ that does not begin with "system."' },
  );

/** An index's name: not empty, no `*`, no null character, and not that of MongoDB's own index. */
export const indexName = z
  .string()
  .refine((name) => name !== "" && name !== "_id_" && !/[*\0]/.test(name), {
    error: "an index name without * that is not _id_",
  });
