import { isDeepStrictEqual } from "node:util";
import { isScalar, parse, parseDocument, type Scalar } from "yaml";
import { settingsSchema, type StorageMode } from "../settings";
import { CheckoutError } from "./git";

/** The key of the storage mode, in a settings file and in a stack's history. */
export const modeKey = "taskrunner-storage:storageMode";

/**
 * The storage mode that a settings file states.
 *
 * @param text of a `Pulumi.<stack>.yaml`
 * @throws CheckoutError where it is no YAML, or states none, or one that there is not
 */
export function modeIn(text: string): StorageMode {
  const stated = valueIn(text)?.value;
  const mode = settingsSchema.shape.storageMode.safeParse(stated ?? undefined);
  if (mode.success) return mode.data;
  const found = stated === undefined ? "missing" : JSON.stringify(stated);
  throw new CheckoutError(`${modeKey} is ${found}. Set it to mongo or filesystem.`);
}

/**
 * The text with another storage mode. Everything else stays byte for byte, comments too; a text
 * that states the mode already comes back as it is.
 *
 * @throws CheckoutError as `modeIn`, or where it cannot be edited safely
 */
export function withMode(text: string, mode: StorageMode): string {
  if (modeIn(text) === mode) return text;
  const [start = 0, end = 0] = valueIn(text)?.range ?? [];
  const edited = text.slice(0, start) + mode + text.slice(end);
  const { config, ...others } = parse(text) as { readonly config: object };
  if (!isDeepStrictEqual(parse(edited), { ...others, config: { ...config, [modeKey]: mode } })) {
    throw new CheckoutError(`An edit of ${modeKey} would change other settings. Set it by hand.`);
  }
  return edited;
}

function valueIn(text: string): Scalar | undefined {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new CheckoutError(`The settings file is not valid YAML: ${error.message}`);
  const value = document.getIn(["config", modeKey], true);
  if (value === undefined || isScalar(value)) return value;
  throw new CheckoutError(`${modeKey} is not a single word. Set it to mongo or filesystem.`);
}
