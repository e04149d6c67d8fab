/** A resource as a rule sees it: secrets are in plain text, so that no message may quote a value. */
export interface Resource {
  /** Such as `mongodbatlas:index/advancedCluster:AdvancedCluster`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Its inputs; `unknown` where a preview does not know. */
  readonly props: Readonly<Record<string, unknown>>;
  /** Whether the engine refuses to delete it. */
  readonly protect: boolean;
}

/** A rule on each resource, before it is changed. */
export interface Rule {
  /** The policy's name. */
  readonly name: string;
  /** What it asks of a production environment. */
  readonly asks: string;
  readonly why: string;
  /** What breaks the rule, in words; empty where nothing does. */
  of(resource: Resource): readonly string[] | Promise<readonly string[]>;
}

/** The value of an input that a preview does not know. */
export const unknown = Symbol("unknown");

/** Whether a value is known and is not the one that is asked for. */
export function differs(value: unknown, wanted: unknown): boolean {
  return value !== unknown && value !== wanted;
}

/** The types of resources that the rules look at. */
export const types = {
  atlasCluster: "mongodbatlas:index/advancedCluster:AdvancedCluster",
  atlasAccess: "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
  operatorCluster: "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
  release: "kubernetes:helm.sh/v3:Release",
  collection: "pulumi-nodejs:dynamic/mongo:Collection",
} as const;
