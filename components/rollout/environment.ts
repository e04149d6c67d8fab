import type { CollectionRole } from "../contract";
import type { Direction, StorageMode } from "../settings";

export type Service = "worker" | "web";

const modes: Readonly<Record<Direction, StorageMode>> = { forward: "mongo", back: "filesystem" };

/** The mode of a service after a change in a direction. */
export const modeAfter = (direction: Direction) => modes[direction];

/** The mode of a service before a change in a direction. */
export const modeBefore = (direction: Direction) =>
  modes[direction === "forward" ? "back" : "forward"];

/** A reference to a key of a Kubernetes Secret, as a container's `valueFrom` has it. */
export interface SecretKeyRef {
  readonly secretKeyRef: { readonly name: string; readonly key: string };
}

export type EnvironmentValue = string | SecretKeyRef;

export interface EnvironmentEntry {
  readonly name: string;
  readonly value: EnvironmentValue;
}

/** The names in a service's variables in mongo mode. */
export interface MongoNames {
  /** Default: the name in the connection string. */
  readonly database?: string | undefined;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  readonly connectionSecret: { readonly name: string; readonly key: string };
}

const sections: Readonly<Record<Service, string>> = { worker: "Worker", web: "TaskRunner" };

/** The variables of a section with their values in mongo mode, in the specification's order. */
const members: Readonly<Record<string, (names: MongoNames) => EnvironmentValue | undefined>> = {
  Mode: () => modeAfter("forward"),
  Mongo__ConnectionString: ({ connectionSecret }) => ({ secretKeyRef: { ...connectionSecret } }),
  Mongo__Database: ({ database }) => database,
  Mongo__RunsCollection: ({ collections }) => collections.runs,
  Mongo__LogsCollection: ({ collections }) => collections.logs,
  Mongo__ArtifactsCollection: ({ collections }) => collections.artifacts,
  Mongo__ApprovalsCollection: ({ collections }) => collections.approvals,
};

const nameOf = (service: Service, member: string) => `${sections[service]}__Storage__${member}`;

/** The variables of a service that this project writes, in the specification's order. */
export const environmentKeys = (service: Service): readonly string[] =>
  Object.keys(members).map((member) => nameOf(service, member));

/** The variable that states a service's mode. */
export const modeKey = (service: Service) => nameOf(service, "Mode");

/**
 * The variables of a service after a change in a direction, in the specification's order ("Configuration reference"):
 * ASP.NET Core binds `Section__Key` to `Section:Key`. In filesystem mode only the mode is set.
 */
export function serviceEnvironment(
  service: Service,
  direction: Direction,
  names: MongoNames,
): EnvironmentEntry[] {
  if (direction === "back") return [{ name: modeKey(service), value: modeAfter(direction) }];
  return Object.entries(members).flatMap(([member, valueIn]) => {
    const value = valueIn(names);
    return value === undefined ? [] : [{ name: nameOf(service, member), value }];
  });
}
