import type { z } from "zod";
import { withoutSecrets, type Redact } from "../text";

/** A file has the wrong form. The message names what was found, never its content. */
export class ReviewInputError extends Error {
  override readonly name = "ReviewInputError";
}

/** Reads JSON of a form, without secrets. @throws ReviewInputError if the text is something else */
export function readJson<Schema extends z.ZodType>(
  text: string,
  redact: Redact,
  schema: Schema,
  made: string,
): z.infer<Schema> {
  const fail = (found: string) =>
    new ReviewInputError(
      `The file ${found}, so it is not what ${made}. Run that command again, and check its output.`,
    );
  if (text.trim() === "") throw fail("is empty");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail("is not JSON");
  }
  const parsed = schema.safeParse(withoutSecrets(value, redact));
  if (parsed.success) return parsed.data;
  const location = parsed.error.issues[0]?.path.map(String).join(".") ?? "";
  throw fail(location === "" ? "has another form" : `has another form at ${redact(location)}`);
}
