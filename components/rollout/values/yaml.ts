import type { DocumentOptions, ParseOptions, SchemaOptions } from "yaml";

/**
 * How Helm reads a values file (sigs.k8s.io/yaml, on go-yaml 2): as YAML 1.1 with merges, in which `0022` is
 * 18 and `yes` is true, but without its numbers of base 60, and with dates as texts.
 */
export const asHelm: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  customTags: (tags) =>
    tags.filter(
      (tag) =>
        typeof tag === "string" || (tag.format !== "TIME" && !tag.tag.endsWith(":timestamp")),
    ),
};
