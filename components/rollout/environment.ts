import type { CollectionRole } from "../contract";
import type { StorageMode } from "../settings";

/** The two services of the Task Runner. */
export type Service = "worker" | "web";

/** The mode that a change of `storageMode` leaves. */
export function otherMode(mode: StorageMode): StorageMode {
  return mode === "mongo" ? "filesystem" : "mongo";
}

/** A reference to one key of a Kubernetes Secret, as a container's `valueFrom` has it. */
export interface SecretKeyRef {
  readonly secretKeyRef: { readonly name: string; readonly key: string };
}

/** The value of an environment variable: a text, or a reference whose value is nowhere here. */
export type EnvironmentValue = string | SecretKeyRef;

/** One environment variable of a service. */
export interface EnvironmentEntry {
  readonly name: string;
  readonly value: EnvironmentValue;
}

/** What the entries of a service say in mongo mode. */
export interface MongoNames {
  /** Left out where the name in the connection string counts. */
  readonly database?: string | undefined;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  readonly connectionSecret: { readonly name: string; readonly key: string };
}

/** The worker has the mirrored structure under a section of its own. */
const sections: Readonly<Record<Service, string>> = { worker: "Worker", web: "TaskRunner" };

const nameOf = (service: Service, member: string) => `${sections[service]}__Storage__${member}`;

const members = [
  "Mode",
  "Mongo__ConnectionString",
  "Mongo__Database",
  "Mongo__RunsCollection",
  "Mongo__LogsCollection",
  "Mongo__ArtifactsCollection",
  "Mongo__ApprovalsCollection",
];

/** The variables of a service that this project writes, in the document's order. */
export function environmentKeys(service: Service): readonly string[] {
  return members.map((member) => nameOf(service, member));
}

/** The variable that states a service's mode. */
export function modeKey(service: Service): string {
  return nameOf(service, "Mode");
}

/**
 * The environment of a service in a mode, in the document's order ("Configuration reference"):
 * ASP.NET Core binds `Section__Key` to `Section:Key`. The connection string is a reference to a
 * Secret, never text. In filesystem mode only the mode is stated.
 */
export function serviceEnvironment(
  service: Service,
  mode: StorageMode,
  { database, collections, connectionSecret }: MongoNames,
): EnvironmentEntry[] {
  const entry = (member: string, value: EnvironmentValue) => ({
    name: nameOf(service, member),
    value,
  });
  if (mode === "filesystem") return [entry("Mode", "filesystem")];
  return [
    entry("Mode", "mongo"),
    entry("Mongo__ConnectionString", { secretKeyRef: { ...connectionSecret } }),
    ...(database === undefined ? [] : [entry("Mongo__Database", database)]),
    entry("Mongo__RunsCollection", collections.runs),
    entry("Mongo__LogsCollection", collections.logs),
    entry("Mongo__ArtifactsCollection", collections.artifacts),
    entry("Mongo__ApprovalsCollection", collections.approvals),
  ];
}
