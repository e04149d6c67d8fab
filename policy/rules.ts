/** The rules of production. Settings cannot check them, because no setting says that a stack is production. */
import { readFile } from "node:fs/promises";
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { mergeValues, parseValues } from "../components/rollout";

/** A resource as a rule sees it: secrets are in plain text, so that no message may quote a value. */
export interface Resource {
  readonly type: string;
  /** Its inputs; `unknown` where a preview does not know. */
  readonly props: Readonly<Record<string, unknown>>;
  /** Whether the engine refuses to delete it. */
  readonly protect: boolean;
}

/** A rule on each resource. `of` returns what breaks it; docs/security.md has the other texts. */
interface Rule {
  readonly name: string;
  readonly asks: string;
  readonly why: string;
  of(resource: Resource): readonly string[] | Promise<readonly string[]>;
}

/** The value of an input that a preview does not know. */
export const unknown = Symbol("unknown");
const differs = (value: unknown, wanted: unknown) => value !== unknown && value !== wanted;

/** The types of resources that the rules look at. */
export const types = {
  atlasCluster: "mongodbatlas:index/advancedCluster:AdvancedCluster",
  atlasAccess: "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
  operatorCluster: "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
  release: "kubernetes:helm.sh/v3:Release",
  collection: "pulumi-nodejs:dynamic/mongo:Collection",
} as const;

export const rules = {
  deletionProtection: {
    name: "deletion-protection",
    asks: "a cluster that the stack creates is protected in Pulumi (`protect`), and in Atlas too (`terminationProtectionEnabled`)",
    why: "one wrong line would delete the database",
    of: ({ type, props, protect }) => {
      const inAtlas = type === types.atlasCluster;
      if (!inAtlas && type !== types.operatorCluster) return [];
      const found = protect
        ? []
        : ["The cluster is not protected: set the resource's option protect."];
      return inAtlas && differs(props.terminationProtectionEnabled, true)
        ? [...found, "Atlas may delete the cluster: set terminationProtectionEnabled to true."]
        : found;
    },
  },
  backups: {
    name: "backups",
    asks: "a cluster of Atlas has `backupEnabled`, `pitEnabled` and `retainBackupsEnabled`",
    why: "after a cutover only MongoDB has what the services write",
    of: ({ type, props }) =>
      ["backupEnabled", "pitEnabled", "retainBackupsEnabled"]
        .filter((input) => type === types.atlasCluster && differs(props[input], true))
        .map((input) => `The cluster lacks a backup: set ${input} to true.`),
  },
  closedAccessList: {
    name: "closed-access-list",
    asks: "no entry of `ProjectIpAccessList` lets every address in (`0.0.0.0/0`, `::/0`)",
    why: "a password would be all that stands between the internet and the data",
    of: ({ type, props }) =>
      [props.cidrBlock, props.ipAddress]
        .filter((entry) => type === types.atlasAccess && typeof entry === "string")
        .map(String)
        .filter((entry) => /^(0\.0\.0\.0|::|0(:0){7})$|\/0+$/.test(entry))
        .map((entry) => `The entry ${entry} lets every address in: name the ranges that need it.`),
  },
  validation: {
    name: "validation-error",
    asks: "every collection has a validator with the action `error`",
    why: "with `warn` a service of another version writes documents that no reader expects",
    of: ({ type, props: { validator, validationLevel, validationAction } }) => {
      if (type !== types.collection) return [];
      const advice = "set validation.enabled to true and validation.action to error.";
      const isEmpty = typeof validator === "object" && Object.keys(validator ?? {}).length === 0;
      if (isEmpty || validationLevel === "off")
        return [`The collection has no validator: ${advice}`];
      return differs(validationAction, "error")
        ? [`The validator's action is ${String(validationAction)}: ${advice}`]
        : [];
    },
  },
  pinnedImages: {
    name: "images-by-digest",
    asks: "every `image` of a resource, and of a release's values and values files, is pinned by digest",
    why: "a tag may be moved to another image between staging and production",
    of: async ({ type, props }) => {
      const unreadable: string[] = [];
      const values = type === types.release ? await releaseValues(props, unreadable) : props;
      const images = [...walk(values)].filter(({ path }) => /(^|\.)image$/.test(path));
      return images
        .filter(({ value }) => !isPinned(value))
        .map(({ path }) => `The image at ${path} is not pinned: name it by @sha256:...`)
        .concat(unreadable);
    },
  },
} satisfies Record<string, Rule>;

/** Every rule twice, because a policy has one level: mandatory for production, advice elsewhere. */
export const policies = Object.values<Rule>(rules).flatMap((rule) =>
  [true, false].map((production): ResourceValidationPolicy => ({
    name: production ? rule.name : `${rule.name}-advice`,
    description: `In production ${rule.asks}.`,
    enforcementLevel: production ? "mandatory" : "advisory",
    validateResource: async ({ urn, type, props, opts, ...args }, report) => {
      if (isProduction(urn, args.stackTags) !== production) args.notApplicable();
      const resource = { type, props: plainProps(props), protect: opts.protect };
      for (const words of await rule.of(resource)) report(words);
    },
  })),
);

/**
 * Whether a stack is production: `prod` or `production` is a word of its name, without `pre` or `non` before it,
 * or its tag `environment` says so. No setting decides, because a stack could excuse itself.
 */
export function isProduction(urn: string, tags: ReadonlyMap<string, string>): boolean {
  const [stack = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  const isProductive = (word = "", before = "") =>
    /^prod(uction)?$/i.test(word) && !/^(pre|non)$/i.test(before);
  const words = stack.split(/[^a-z]+/i);
  return (
    isProductive(tags.get("environment")) ||
    words.some((word, at) => isProductive(word, words[at - 1]))
  );
}

/** Properties as plain data. The library's proxies throw where a preview does not know a value. */
function plainProps(props: Resource["props"]): Resource["props"] {
  return Object.fromEntries(Object.keys(props).map((key) => [key, plain(() => props[key])]));
}

function plain(get: () => unknown): unknown {
  let value: unknown;
  try {
    value = get();
  } catch {
    return unknown;
  }
  if (Array.isArray(value)) return value.map((_, at) => plain(() => (value as unknown[])[at]));
  if (!isMap(value)) return value;
  // An asset's members are promises, which do not work behind a proxy. The library's own property leads to the value
  // behind it.
  return "__pulumiAsset" in value ? value.__getSpecialProxyTarget : plainProps(value);
}

function* walk(value: unknown, base = ""): Generator<{ path: string; value: unknown }> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield { path: `${base}${key}`, value: inner };
    yield* walk(inner, `${base}${key}.`);
  }
}

/** An image is one text, or a map that a chart puts together: repository, tag and digest. */
function isPinned(image: unknown): boolean {
  const parts = isMap(image) ? [image.repository, image.tag, image.digest] : [image];
  return (
    image === null ||
    parts.some((part) => part === unknown || /@?sha256:[0-9a-f]{64}$/.test(String(part)))
  );
}

/** A release's values files and values, merged as Helm does. Files are Pulumi assets: a path or a text. */
async function releaseValues(
  { valueYamlFiles = [], values }: Resource["props"],
  unreadable: string[],
): Promise<unknown> {
  if (values === unknown) return values;
  const read: unknown[] = [];
  for (const asset of valueYamlFiles as Record<string, Promise<string> | string | undefined>[]) {
    try {
      const file = (await asset.path) ?? "";
      read.push(parseValues({ file, text: (await asset.text) ?? (await readFile(file, "utf8")) }));
    } catch {
      unreadable.push(
        "A values file of the release cannot be read, so its images were not checked: check its path.",
      );
    }
  }
  return mergeValues([...read, values]);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
