import { differs, types, type Resource, type Rule } from "../rule";

const clusters: readonly string[] = [types.atlasCluster, types.operatorCluster];

/** A production cluster cannot be deleted by an update, nor by Atlas. */
export const deletionProtection: Rule = {
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

const asked = ["backupEnabled", "pitEnabled", "retainBackupsEnabled"] as const;

/** A production cluster of Atlas has backups that reach any moment and outlive it. */
export const backups: Rule = {
  name: "backups",
  asks: "a cluster of Atlas has `backupEnabled`, `pitEnabled` and `retainBackupsEnabled`",
  why: "after a cutover only MongoDB has what the services write",
  of: ({ type, props }) =>
    type === types.atlasCluster
      ? asked
          .filter((input) => differs(props[input], true))
          .map((input) => `The cluster lacks a backup: set ${input} to true.`)
      : [],
};

const everywhere = /^(0\.0\.0\.0|::|0(:0){7})$|\/0+$/;

/** A production project of Atlas is not open to every address. */
export const closedAccessList: Rule = {
  name: "closed-access-list",
  asks: "no entry of `ProjectIpAccessList` lets every address in (`0.0.0.0/0`, `::/0`)",
  why: "a password would be all that stands between the internet and the data",
  of: ({ type, props }) => {
    if (type !== types.atlasAccess) return [];
    return [props.cidrBlock, props.ipAddress]
      .filter((entry) => typeof entry === "string")
      .filter((entry) => everywhere.test(entry))
      .map((entry) => `The entry ${entry} lets every address in: name the ranges that need it.`);
  },
};

/** The database itself rejects documents that break the contract. */
export const validation: Rule = {
  name: "validation-error",
  asks: "every collection has a validator with the action `error`",
  why: "with `warn` a service of another version writes documents that no reader expects",
  of: (resource) => (resource.type === types.collection ? checkCollection(resource) : []),
};

const advice = "set validation.enabled to true and validation.action to error.";

function checkCollection({ props }: Resource): string[] {
  const { validator, validationLevel, validationAction } = props;
  const empty = typeof validator === "object" && Object.keys(validator ?? {}).length === 0;
  if (empty || validationLevel === "off") return [`The collection has no validator: ${advice}`];
  return differs(validationAction, "error")
    ? [`The validator's action is ${String(validationAction)}: ${advice}`]
    : [];
}
