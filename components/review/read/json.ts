import type { z } from "zod";
import { withoutSecrets, type Redact } from "../safe/secrets";

/** A file is not what it should be; the message names what was found, never its content. */
export class ReviewInputError extends Error {
  override readonly name = "ReviewInputError";
}

/**
 * A file's JSON in the form of a schema, without its secrets.
 *
 * @param what what the file should be, and the command that makes one
 * @throws ReviewInputError
 */
export function readJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  { what, redact }: { readonly what: string; readonly redact: Redact },
): z.infer<Schema> {
  if (text.trim() === "") {
    throw new ReviewInputError(`The file is empty, not ${what}. Check the output of that command.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ReviewInputError(
      `The file is not JSON, so it is not ${what}. Check the output of that command.`,
    );
  }
  const parsed = schema.safeParse(withoutSecrets(value, redact));
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const place = first?.path.map(String).join(".") ?? "";
  throw new ReviewInputError(
    `The file is not ${what}: ${redact(place || "the whole value")} has another form.`,
  );
}
