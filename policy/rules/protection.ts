import { differs, type ResourceRule } from "../rule";
import { types } from "../types";

const clusters: readonly string[] = [types.atlasCluster, types.operatorCluster];

/** A production cluster cannot be deleted by an update, nor by Atlas. */
export const deletionProtection: ResourceRule = {
  name: "deletion-protection",
  asks: "a cluster that the stack makes is protected in Pulumi (`protect`), and in Atlas too (`terminationProtectionEnabled`)",
  why: "one wrong line would take the database with it",
  of: ({ type, props, protect }) => {
    if (!clusters.includes(type)) return [];
    const inAtlas = type === types.atlasCluster;
    return [
      ...(protect ? [] : ["The cluster is not protected: set the resource's option protect."]),
      ...(inAtlas && differs(props.terminationProtectionEnabled, true)
        ? ["Atlas may delete the cluster: set terminationProtectionEnabled to true."]
        : []),
    ];
  },
};
