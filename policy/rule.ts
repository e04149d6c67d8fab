/** A resource as a rule sees it: secrets are in plain text, so that no message may quote a value. */
export interface Resource {
  /** Such as `mongodbatlas:index/advancedCluster:AdvancedCluster`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Its inputs, or in a rule on the whole stack its outputs; `unknown` where a preview does not know. */
  readonly props: Readonly<Record<string, unknown>>;
  /** Whether the engine refuses to delete it. */
  readonly protect: boolean;
}

/** What every rule says of itself, for the table in docs/policy.md. */
interface Words {
  /** The policy's name. */
  readonly name: string;
  /** What it asks of a production environment. */
  readonly asks: string;
  readonly why: string;
}

/** A rule on each resource, before it is changed. */
export interface ResourceRule extends Words {
  /** What breaks the rule, in words; empty where nothing does. */
  of(resource: Resource): readonly string[] | Promise<readonly string[]>;
}

/** A rule on a stack as a whole, at the end of a preview or an update. */
export interface StackRule extends Words {
  /** What breaks the rule, in words, with the resource where it is one's fault. */
  ofAll(resources: readonly Resource[]): readonly StackViolation[];
}

/** What breaks a rule on a whole stack. */
interface StackViolation {
  readonly message: string;
  readonly urn: string;
}

/** A rule of the pack. */
export type Rule = ResourceRule | StackRule;

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
  atlasSchedule: "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule",
  operatorCluster: "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
  release: "kubernetes:helm.sh/v3:Release",
  collection: "pulumi-nodejs:dynamic/mongo:Collection",
} as const;
