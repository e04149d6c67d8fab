import type { ResourceRule } from "../rule";
import { types } from "../types";

const everywhere = /^(0\.0\.0\.0|::|0(:0){7})?(\/0+)?$/;

/** A production project of Atlas is not open to every address. */
export const closedAccessList: ResourceRule = {
  name: "closed-access-list",
  asks: "no entry of `ProjectIpAccessList` lets every address in (`0.0.0.0/0`, `::/0`)",
  why: "a password would be all that stands between the internet and the data",
  of: ({ type, props }) => {
    if (type !== types.atlasAccess) return [];
    return [props.cidrBlock, props.ipAddress]
      .filter((entry) => typeof entry === "string")
      .filter((entry) => isEverywhere(entry))
      .map((entry) => `The entry ${entry} lets every address in: name the ranges that need it.`);
  },
};

function isEverywhere(entry: string): boolean {
  return entry !== "" && (everywhere.test(entry) || entry.endsWith("/0"));
}
