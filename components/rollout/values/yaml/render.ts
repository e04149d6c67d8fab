import { parse, stringify } from "yaml";
import type { Entry, EnvironmentValue } from "../../environment";
import type { Place } from "./place";
import type { Indentation } from "./values";

type Style = "PLAIN" | "QUOTE_SINGLE" | "QUOTE_DOUBLE";

/**
 * A text as a YAML scalar in the style asked for; double-quoted where plain would not be read as
 * the same text everywhere (Helm reads YAML 1.1, where `yes` is a boolean).
 */
export function scalar(text: string, style: Style = "PLAIN"): string {
  const plain = /^[A-Za-z_][\w.-]*$/.test(text) && parse(text, { version: "1.1" }) === text;
  if (style === "PLAIN" && plain) return text;
  const defaultStringType = style === "PLAIN" ? "QUOTE_DOUBLE" : style;
  return stringify(text, { defaultStringType, lineWidth: 0 }).trimEnd();
}

type Tree = EnvironmentValue | { readonly [key: string]: Tree };

/** `key: value` as lines of block YAML; `key` is written as it stands. */
export function blockPair(key: string, value: Tree, step: number): string[] {
  if (typeof value === "string") return [`${key}: ${scalar(value)}`];
  const inner = Object.entries(value as Record<string, Tree>);
  return [`${key}:`, ...inner.flatMap(([k, v]) => indented(blockPair(scalar(k), v, step), step))];
}

/** A value on one line, as JSON, so that a values file in JSON stays one. */
export function flow(value: Tree | readonly Tree[]): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as Tree[]).map(flow).join(", ")}]`;
  const pairs = Object.entries(value as Record<string, Tree>);
  return `{${pairs.map(([key, inner]) => `${JSON.stringify(key)}: ${flow(inner)}`).join(", ")}}`;
}

export const indented = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => " ".repeat(by) + line);

/** The key and the value by which a list's item states a variable's value. */
export function listMember(value: EnvironmentValue): [key: string, value: Tree] {
  return typeof value === "string" ? ["value", value] : ["valueFrom", { ...value }];
}

/** What stands under a variable's name in a map. */
export function mapMember(value: EnvironmentValue): Tree {
  return typeof value === "string" ? value : { valueFrom: { ...value } };
}

/** A new variable as lines of block YAML. */
export function blockItem({ name, value }: Entry, form: Place["form"], step: number): string[] {
  if (form === "map") return blockPair(name, mapMember(value), step);
  return [`- name: ${name}`, ...indented(blockPair(...listMember(value), step), 2)];
}

/** A new variable as flow YAML. */
export function flowItem({ name, value }: Entry, form: Place["form"]): string {
  if (form === "map") return `${JSON.stringify(name)}: ${flow(mapMember(value))}`;
  return flow({ name, ...Object.fromEntries([listMember(value)]) });
}

/** The keys of a path that is not there yet, around the lines of a first variable. */
export function blockPath(
  path: readonly string[],
  item: readonly string[],
  form: Place["form"],
  { step, dash }: Indentation,
): string[] {
  const [key, ...rest] = path;
  if (key === undefined) return [...item];
  const by = rest.length === 0 && form === "list" ? dash : step;
  return [`${scalar(key)}:`, ...indented(blockPath(rest, item, form, { step, dash }), by)];
}

/** The same as flow YAML: what stands as the value of the last key that exists. */
export function flowPath(path: readonly string[], item: string, form: Place["form"]): string {
  const [key, ...rest] = path;
  if (key !== undefined) return `{${JSON.stringify(key)}: ${flowPath(rest, item, form)}}`;
  return form === "list" ? `[${item}]` : `{${item}}`;
}
