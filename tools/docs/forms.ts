/** What the pages and the types of the settings say of a JSON Schema. */
import type { JsonSchema } from "./schema";

/** Sections with a page and a module of their own. */
export const apart = ["cluster", "rollout"];

/** The key whose value tells the kinds of a section apart. */
export const tagOf = ({ properties = {} }: JsonSchema) =>
  Object.entries(properties).find(([, { const: value }]) => value !== undefined) ?? [];

export const isSection = ({ properties }: JsonSchema) => properties !== undefined;

export const alternativesOf = (schema: JsonSchema) => schema.anyOf ?? schema.oneOf ?? [schema];

export function describeRange({ minimum, maximum }: JsonSchema): string {
  const from = minimum === undefined ? "" : ` from ${minimum}`;
  return maximum === undefined ? from : `${from} to ${maximum}`;
}

export const code = (text: string) => `\`${text}\``;

export function inline(value: unknown): string {
  if (value === "" || (Array.isArray(value) && value.length === 0)) return "none";
  if (Array.isArray(value)) return code(`[${value.join(", ")}]`);
  if (typeof value !== "object" || value === null) return code(String(value));
  const members = Object.entries(value).map(([key, one]) => `${key}: ${String(one)}`);
  return code(`{ ${members.join(", ")} }`);
}
