import type { Db, Document } from "mongodb";
import { type Finding, warning } from "../../text";
import {
  addressIn,
  ConnectionError,
  databaseAt,
  formatHosts,
  type DatabaseAddress,
} from "../../mongo";
import { uriFacts } from "../../settings/uri";
import {
  kind,
  reportFindings,
  reportLine,
  type MongoInputs,
  type OncePerCutover,
  type Step,
} from "../../step";
import { serverFacts, type CollectionNames } from "./facts";
import { findingsOf } from "./findings";
import { missingServicePrivileges, missingMigratorPrivileges } from "./privileges";

/** An unsuitable server. The message names its hosts, never a secret. */
export class ServerRefused extends Error {
  override readonly name = "ServerRefused";

  constructor(uri: string, refusals: readonly string[]) {
    const what = `MongoDB at ${formatHosts(uri)} cannot be used; nothing was changed.`;
    super([what, ...refusals].join("\n"));
  }
}

/** Checks the server of a database. `uri` is secret. */
export async function checkServer(
  database: Db,
  uri: string,
  names: CollectionNames,
): Promise<{ readonly version: string; readonly findings: readonly Finding[] }> {
  const facts = await serverFacts(database, uri, names);
  const local = uriFacts(uri)?.local ?? false;
  return { version: facts.version, findings: findingsOf(facts, { local }) };
}

/** Checks the server of a database and the migrator's privileges. `uri` is secret. */
export async function inspectServer(
  database: Db,
  uri: string,
  names: CollectionNames,
): Promise<{ readonly version: string; readonly findings: readonly Finding[] }> {
  const { version, findings } = await checkServer(database, uri, names);
  if (findings.some(({ code }) => code === "server-product")) return { version, findings };
  const missing = await missingMigratorPrivileges(database, names);
  return { version, findings: [...findings, ...describeMissing("mongoUri", missing)] };
}

/**
 * Requires a suitable server and the migrator's privileges; warnings go to standard error.
 *
 * @returns the server's version
 * @throws ServerRefused
 */
export async function requireServer(
  database: Db,
  uri: string,
  names: CollectionNames,
): Promise<string> {
  const { version, findings } = await inspectServer(database, uri, names);
  const refusals = findings.flatMap(({ severity, text }) => (severity === "stop" ? [text] : []));
  if (refusals.length > 0) throw new ServerRefused(uri, refusals);
  for (const one of findings)
    reportLine({ ...one, text: `MongoDB at ${formatHosts(uri)}: ${one.text}` });
  return version;
}

/** The collections may not exist yet. */
export interface ServerCheckInputs extends MongoInputs, OncePerCutover {
  readonly collections: CollectionNames;
}

export interface ServerCheckResults {
  /** Such as `8.0.4`. */
  readonly serverVersion: string;
}

/** The check of an existing server, before each cutover and for a new server. */
export const serverCheck: Step<ServerCheckInputs, ServerCheckResults> = {
  ...kind<ServerCheckInputs, ServerCheckResults>(
    "ServerCheck",
    ["cluster", "mongo"],
    ["serverVersion"],
  ),
  id: () => "server-check",
  followsServer: true,
  compares: ["database", "cutover"],
  forward: async (inputs) => {
    const address = addressIn(inputs);
    const database = await databaseAt(address).catch((error: unknown) => {
      if (!(error instanceof ConnectionError)) throw error;
      throw new Error(`${error.message} Neither data nor services were changed.`);
    });
    return { serverVersion: await requireServer(database, address.uri, inputs.collections) };
  },
};

/**
 * Finds privileges that the services' user lacks, and an arbiter that makes their writes unsafe. It writes nothing that
 * stays.
 *
 * @param address with the services' connection string, which is secret
 * @param isApart whether the address is not the migrator's; then it is only a warning if it is unreachable
 * @param creations see `missingServicePrivileges`
 * @param existing the collections that exist; default: all
 * @throws ConnectionError if the log-in fails
 */
export async function inspectApplication(
  address: DatabaseAddress,
  names: readonly string[],
  isApart: boolean,
  creations: readonly Document[] = [],
  existing = names,
): Promise<readonly Finding[]> {
  try {
    const database = await databaseAt({ source: "appMongoUri", ...address });
    const { arbiters = [] } = (await database.command({ hello: 1 })) as { arbiters?: string[] };
    const isUnsafe = arbiters.length > 0 && uriFacts(address.uri)?.w !== "majority";
    const text =
      `It has an arbiter (${arbiters.join(", ")}), so by default the services' writes do not wait for a majority, ` +
      "and a failover may lose them. Add w=majority to appMongoUri and run it again.";
    if (isUnsafe) return [{ severity: "stop", code: "server-arbiter", text }];
    const missing = await missingServicePrivileges(database, names, creations, existing);
    return describeMissing("appMongoUri", missing);
  } catch (error) {
    if (!(error instanceof ConnectionError) || !isApart) throw error;
    const text = `The user of appMongoUri was not checked. ${error.message}`;
    return [warning("user-not-checked", text)];
  }
}

/**
 * Requires, before the services are rolled out, that their user can log in, write, and create indexes in the
 * collections. See `inspectApplication`.
 *
 * @param names the collections; those of the contract exist
 * @throws ServerRefused with missing privileges, or if an arbiter makes writes unsafe; ConnectionError if the
 *   log-in fails
 */
export async function requireApplication(
  address: DatabaseAddress,
  names: readonly string[],
  isApart: boolean,
  creations: readonly Document[] = [],
): Promise<void> {
  const found = await inspectApplication(address, names, isApart, creations);
  const stops = reportFindings(found).map(({ text }) => text);
  if (stops.length > 0) throw new ServerRefused(address.uri, stops);
}

function describeMissing(
  setting: "mongoUri" | "appMongoUri",
  missing: readonly string[],
): Finding[] {
  const text =
    `The user of ${setting} lacks ${missing.join(", ")}. Grant it these privileges ` +
    '(docs/security.md, "Database users") and run it again.';
  return missing.length === 0 ? [] : [{ severity: "stop", code: "privileges-missing", text }];
}
