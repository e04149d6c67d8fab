import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, parse, parseDocument, type Document, type Scalar } from "yaml";
import { settingsSchema, parseStructured, type StorageMode } from "../settings";
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
  const stated = valueIn(documentOf(text))?.value;
  const mode = settingsSchema.shape.storageMode.safeParse(stated ?? undefined);
  if (mode.success) return mode.data;
  const found = stated === undefined ? "missing" : JSON.stringify(stated);
  throw new CheckoutError(`${modeKey} is ${found}. Set it to mongo or filesystem.`);
}

/**
 * The text with another storage mode. Everything else stays byte for byte, comments too; a text
 * that states the mode already comes back as it is.
 *
 * @throws CheckoutError where it is no YAML, or cannot be edited safely
 */
export function withMode(text: string, mode: StorageMode): string {
  const document = documentOf(text);
  const stated = valueIn(document);
  if (stated?.value === mode) return text;
  const edited = stated ? replaceMode(text, stated, mode) : addMode(text, document, mode);
  if (!isDeepStrictEqual(parse(edited), expectContent(text, mode))) {
    throw new CheckoutError(`An edit of ${modeKey} would change other settings. Set it by hand.`);
  }
  return edited;
}

function documentOf(text: string): Document.Parsed {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new CheckoutError(`The settings file is not valid YAML: ${error.message}`);
  return document;
}

function valueIn(document: Document.Parsed): Scalar | undefined {
  const value = document.getIn(["config", modeKey], true);
  if (value === undefined || isScalar(value)) return value;
  throw new CheckoutError(`${modeKey} is not a single word. Set it to mongo or filesystem.`);
}

function replaceMode(text: string, { range }: Scalar, mode: StorageMode): string {
  const [start = 0, end = 0] = range ?? [];
  // A key without a value ends where its value would begin.
  const space = text.slice(0, start).endsWith(":") ? " " : "";
  return `${text.slice(0, start)}${space}${mode}${text.slice(end)}`;
}

/** As the first key, right below `config:`, so that every comment stays with the key it is about. */
function addMode(text: string, document: Document.Parsed, mode: StorageMode): string {
  const found = configIn(document);
  if (!found) {
    if (isMap(document.get("config"))) document.setIn(["config", modeKey], mode);
    else document.set("config", { [modeKey]: mode });
    return document.toString({ lineWidth: 0 });
  }
  const line = text.indexOf("\n", found.end) + 1;
  const indentation = text.slice(text.lastIndexOf("\n", found.first) + 1, found.first);
  const end = text.slice(0, line).endsWith("\r\n") ? "\r\n" : "\n";
  return `${text.slice(0, line)}${indentation}${modeKey}: ${mode}${end}${text.slice(line)}`;
}

/** Where the word `config` ends and the first key below it begins, where that is in block style. */
function configIn({ contents }: Document.Parsed): { end: number; first: number } | undefined {
  if (!isMap(contents)) return undefined;
  const config = contents.items.find(({ key }) => isScalar(key) && key.value === "config");
  if (!config || !isMap(config.value) || config.value.flow) return undefined;
  const first = config.value.items[0]?.key;
  const [end, start] = [rangeOf(config.key)?.[1], rangeOf(first)?.[0]];
  return end === undefined || start === undefined ? undefined : { end, first: start };
}

const rangeOf = (node: unknown) => (isScalar(node) ? node.range : undefined);

function expectContent(text: string, mode: StorageMode): unknown {
  const before = (parse(text) ?? {}) as { readonly config?: object | null };
  return { ...before, config: { ...before.config, [modeKey]: mode } };
}

const rolloutKey = "taskrunner-storage:rollout";

/**
 * Refuses to change only the mode if one release holds both services: one update takes over one of
 * them, so `rollout.step` has to change too (decision 14), and a person decides on that.
 *
 * @param text of a `Pulumi.<stack>.yaml` that states another mode
 * @throws CheckoutError with what to set
 */
export function requireOneUpdate(text: string, mode: StorageMode): void {
  const { shared, step } = rolloutIn(text);
  if (shared === undefined) return;
  // Only the worker went over so far, so a rollback takes only the worker back.
  const isBetween = step === "worker";
  throw new CheckoutError(
    `\`pulumi up\` would refuse storageMode: ${mode} without rollout.step: one release holds both services ` +
      `(rollout.shared), and each update changes one of them. Set storageMode: ${mode} and ` +
      (isBetween
        ? "rollout.step: web by hand and run `pulumi up`: only the worker changes, because web is already there."
        : "rollout.step: worker by hand and run `pulumi up`, then set rollout.step: web and run it again."),
  );
}

interface Rollout {
  readonly shared?: unknown;
  readonly step?: unknown;
}

function rolloutIn(text: string): Rollout {
  const { config } = (parse(text) ?? {}) as { readonly config?: Record<string, unknown> | null };
  const stated = config?.[rolloutKey];
  const rollout = typeof stated === "string" ? parseStructured(stated) : stated;
  return typeof rollout === "object" && rollout !== null ? rollout : {};
}
