import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { Resource } from "./rule";

/** The values of a Helm release, and what is to be said of files that could not be read. */
export interface ReleaseValues {
  readonly values: unknown;
  readonly unreadable: readonly string[];
}

/** What a release's values files and values say together, merged as Helm does. */
export async function valuesOf({ props }: Resource): Promise<ReleaseValues> {
  const files = Array.isArray(props.valueYamlFiles) ? (props.valueYamlFiles as unknown[]) : [];
  const unreadable: string[] = [];
  let values: unknown = {};
  for (const file of files) {
    try {
      values = merged(values, await contentOf(file));
    } catch {
      unreadable.push("A values file of the release cannot be read: its images were not checked.");
    }
  }
  return { values: merged(values, props.values), unreadable };
}

/** An asset of a path or of a text, as Pulumi has it. */
async function contentOf(file: unknown): Promise<unknown> {
  const { path, text } = file as {
    path?: string | Promise<string>;
    text?: string | Promise<string>;
  };
  return parse((await text) ?? (await readFile((await path) ?? "", "utf8")));
}

function merged(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over ?? base;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(base[key], over[key])]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
