import { Refusal } from "../errors";
import { parseJson } from "../values/parse-json";
import type { RawText } from "./raw-text";
import { textOf } from "./read";

/**
 * The JSON value of a text.
 *
 * @throws Refusal where it is too long, empty, not UTF-8, no JSON, or holds a number that BSON
 *   cannot
 */
export function parse(text: RawText): unknown {
  const { bytes, length } = text;
  if (!bytes) throw new Refusal("too-large", `${length} bytes are more than a record can have`);
  if (bytes.length === 0) throw new Refusal("not-json", "the file is empty");
  const json = textOf(text);
  if (json === undefined) throw new Refusal("not-utf8", "not valid UTF-8");
  try {
    return parseJson(json);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal("not-json", notJson(error));
    if (error instanceof RangeError) throw new Refusal("form", "nested too deeply");
    throw error;
  }
}

/** The engine's own message quotes the text, which may hold a secret: only the place is kept. */
function notJson(error: SyntaxError): string {
  const place = /at position \d+/.exec(error.message);
  return place ? `not valid JSON ${place[0]}` : "not valid JSON";
}
