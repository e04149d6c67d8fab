import type { Db } from "mongodb";
import { databaseAt, formatHosts, type DatabaseAddress } from "../components/mongo";
import { plainMongoUri, uriFacts, type CommandSettings } from "../components/settings";
import { type CommonOptions, usualSeconds } from "./command";
import { UsageError } from "./errors";
import { settingsSource, textOf } from "./inputs";

/**
 * The connection string that a command is to use, without connecting, and what it came from: that of
 * `--uri-file`, of TASKRUNNER_MONGO_URI, or of the settings if it can be read. Secret. Undefined if there is none.
 *
 * @throws UsageError if `--uri-file` or the stack cannot be read
 */
export async function uriOf(
  options: CommonOptions,
): Promise<{ uri: string; from: string } | undefined> {
  const { uriFile } = options;
  if (uriFile !== undefined) {
    return { uri: textOf(uriFile, "--uri-file").trim(), from: `${uriFile} of --uri-file` };
  }
  const variable = "TASKRUNNER_MONGO_URI";
  const stated = process.env[variable];
  if (stated) return { uri: stated, from: variable };
  const source = await settingsSource(options);
  const uri = source && (await plainMongoUri(source));
  if (!source || uri === undefined) return undefined;
  const place = "file" in source ? source.file : `stack ${String(options.stack)}`;
  return { uri, from: `mongoUri of ${place}` };
}

/**
 * The database that a command works on, without connecting; its `uri` is secret.
 *
 * @throws UsageError if there is no connection string, or it is not one, or no database is named
 */
export async function addressOf(
  options: CommonOptions,
  { mongo }: CommandSettings,
): Promise<DatabaseAddress> {
  const found = await uriOf(options);
  if (!found) {
    throw new UsageError(
      "TASKRUNNER_MONGO_URI is not set, so there is no connection string. Set it to the migrator's, such " +
        "as mongodb://127.0.0.1:27017/taskrunner, or name a file that contains it with --uri-file.",
    );
  }
  const facts = uriFacts(found.uri);
  if (!facts) {
    throw new UsageError(
      `${found.from} is not a connection string. Begin it with mongodb:// or mongodb+srv://, and ` +
        "percent-encode special characters in its password.",
    );
  }
  const database = mongo.database ?? facts.database;
  if (database === undefined) {
    throw new UsageError(
      `${found.from} names no database. Add its name, as in mongodb://host/taskrunner, or set ` +
        "mongo.database in the settings.",
    );
  }
  return { uri: found.uri, database };
}

/**
 * Connects, and says where to at once.
 *
 * @param seconds how long a server is looked for unless `--connect-timeout` says otherwise
 * @throws ConnectionError if no server answers, or the log-in fails
 */
export async function connect(
  options: CommonOptions,
  address: DatabaseAddress,
  seconds = usualSeconds,
): Promise<Db> {
  announce(options, address);
  const selectionTimeoutMs = (options.connectTimeout ?? seconds) * 1_000;
  return databaseAt(address, { selectionTimeoutMs });
}

/** Says on standard error to which hosts a command connects now. */
export function announce({ quiet }: CommonOptions, { uri }: DatabaseAddress): void {
  if (!quiet) console.error(`Connecting to ${formatHosts(uri)}`);
}
