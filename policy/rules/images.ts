import { unknown, type ResourceRule } from "../rule";
import { types } from "../types";
import { valuesOf } from "../values";
import { walk } from "../walk";

const digest = /@?sha256:[0-9a-f]{64}$/;

/** What runs in production is what was tried before. */
export const pinnedImages: ResourceRule = {
  name: "images-by-digest",
  asks: "every `image` of a resource, and of a release's values and values files, is pinned by digest",
  why: "a tag may be moved to another image between staging and production",
  of: async (resource) => {
    const { type, props } = resource;
    const looked = type === types.release ? await valuesOf(resource) : { values: props };
    const found = [...walk(looked.values)].filter(({ key }) => key === "image");
    return [
      ...("unreadable" in looked ? looked.unreadable : []),
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
