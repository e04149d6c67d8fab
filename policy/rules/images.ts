import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { walk } from "../props";
import { types, unknown, type Resource, type Rule } from "../rule";

const digest = /@?sha256:[0-9a-f]{64}$/;

/** What runs in production is what was tried before. */
export const pinnedImages: Rule = {
  name: "images-by-digest",
  asks: "every `image` of a resource, and of a release's values and values files, is pinned by digest",
  why: "a tag may be moved to another image between staging and production",
  of: async (resource) => {
    const { type, props } = resource;
    const { values, unreadable } =
      type === types.release ? await releaseValues(resource) : { values: props, unreadable: [] };
    const found = [...walk(values)].filter(({ key }) => key === "image");
    return [
      ...unreadable,
      ...found
        .filter(({ value }) => !isPinned(value))
        .map(({ path }) => `The image at ${path} is not pinned: name it by @sha256:...`),
    ];
  },
};

/** An image is one text, or a map that a chart puts together: repository, tag and digest. */
function isPinned(image: unknown): boolean {
  if (image === unknown || image === null) return true;
  if (typeof image === "string") return digest.test(image);
  const { repository, tag, digest: own } = image as Readonly<Record<string, unknown>>;
  const parts = [repository, tag, own];
  return parts.some((part) => part === unknown || (typeof part === "string" && digest.test(part)));
}

/** A release's values files and values, merged as Helm does, and a message for each unreadable file. */
async function releaseValues({ props }: Resource) {
  const files = Array.isArray(props.valueYamlFiles) ? (props.valueYamlFiles as unknown[]) : [];
  const unreadable: string[] = [];
  let values: unknown = {};
  for (const file of files) {
    try {
      values = merge(values, await readContent(file));
    } catch {
      unreadable.push(
        "A values file of the release cannot be read, so its images were not checked: check its path.",
      );
    }
  }
  return { values: merge(values, props.values), unreadable };
}

/** The content of a Pulumi asset, which is a path or a text. */
async function readContent(file: unknown): Promise<unknown> {
  const { path, text } = file as {
    path?: string | Promise<string>;
    text?: string | Promise<string>;
  };
  return parse((await text) ?? (await readFile((await path) ?? "", "utf8")));
}

function merge(base: unknown, over: unknown): unknown {
  if (!isMap(base) || !isMap(over)) return over ?? base;
  const keys = new Set([...Object.keys(base), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merge(base[key], over[key])]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
