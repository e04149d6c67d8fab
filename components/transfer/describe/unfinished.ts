import type { Document } from "mongodb";
import type { CollectionRole, StateFolders } from "../../contract";
import { formatCount } from "../../text";
import {
  type JsonObject,
  type Raw,
  type StateAddress,
  differingPaths,
  isUnfinished,
  keyOf,
  memberOf,
  objectIn,
  readableKey,
} from "../../state";
import type { Pair } from "../pairs";
import type { Quarantined, UnfinishedRuns } from "../reports";
import { formatRecords, stopReasons } from "./sections";

/** Both sides as the messages of a stop name them, with the state directory as the settings name it. */
export interface Sides extends StateAddress {
  readonly database?: string;
  readonly collections: { readonly runs: string; readonly approvals: string };
  /** Whether the last rollback exported nothing. */
  readonly notExported: boolean;
}

/** The maximum number of runs that a command names; the next stop names others. */
const namedInCommand = 20;

/**
 * Describes why a cutover stops: a worker on MongoDB would execute other steps than one on files. Empty if it would
 * not.
 */
export function describeUnequal(
  { unequal }: UnfinishedRuns,
  sides: Sides,
  pass: "bulk" | "delta",
): string[] {
  if (unequal.count === 0) return [];
  const runIds = [...new Set(unequal.cases.map(({ runId }) => runId))];
  const section = {
    title:
      `${formatRecords(runIds.length, "runs")} ${runIds.length === 1 ? "is" : "are"} not the same on both sides, so a ` +
      "worker on MongoDB would execute other steps",
    cases: unequal.cases.map(({ runId, detail }) => `${runId} (${detail})`),
  };
  return stopReasons(`Import of ${sides.root}`, [section], describeWays(runIds, sides, pass));
}

const untouched = {
  bulk: "No service was stopped.",
  delta: "The worker is stopped, and no cutover was recorded.",
};

const otherWay = {
  bulk: "",
  delta:
    " Or run `pulumi config set storageMode filesystem` and `pulumi up`, which starts the worker on files again.",
};

/**
 * Describes how to continue a cutover that stopped at runs that cannot be imported.
 *
 * @param runIds the runs whose content in MongoDB differs
 */
export function describeWays(
  runIds: readonly string[],
  sides: Sides,
  pass: "bulk" | "delta",
): string {
  return describeWay(describeFixes(runIds, sides), pass);
}

/** Describes how to continue a cutover that stopped, with the state of the worker. @param way the fix */
export function describeWay(way: string, pass: "bulk" | "delta"): string {
  return `${untouched[pass]} ${way}${otherWay[pass]}`;
}

const fixFiles =
  "Fix these files, or move files that are not runs out of the directory. Then run `pulumi up` again: it imports the " +
  "missing runs.";

/** The advice if the last rollback exported nothing. */
export const exportFirst =
  "The last rollback exported nothing, so MongoDB may have what the files lack: run `taskrunner-storage export`, then " +
  "`pulumi up` again.";

function describeFixes(runIds: readonly string[], sides: Sides): string {
  if (runIds.length === 0) return fixFiles;
  if (sides.notExported) return exportFirst;
  const named = runIds.slice(0, namedInCommand);
  return (
    "Fix or restore the files that are wrong, and run `pulumi up` again. If the files are right, delete " +
    `${named.join(", ")} and ${named.length === 1 ? "its" : "their"} approvals in MongoDB, and run \`pulumi up\` again: \`${deletion(named, sides)}\`.`
  );
}

/**
 * The command that deletes runs with their approvals, for the services' user: the migrator's may not delete documents.
 */
function deletion(
  runIds: readonly string[],
  { database = "", collections, folders }: Sides,
): string {
  const ids = runIds.map((runId) => JSON.stringify(runId).replaceAll("'", "\\u0027")).join(", ");
  const deleteIn = (role: "runs" | "approvals", field: string) =>
    `db.getSiblingDB("${database}").getCollection("${collections[role]}")` +
    `.deleteMany({ ${field}: { $in: [${ids}] } })`;
  const deletions = [
    deleteIn("runs", "_id"),
    ...(folders.approvals === undefined ? [] : [deleteIn("approvals", "runId")]),
  ];
  return `mongosh "$APP_MONGO_URI" --eval '${deletions.join("; ")}'`;
}

/** Describes the comparison before the cutover is recorded, for the engine's log. */
export function describeCompared(
  { compared, changed, held }: UnfinishedRuns,
  pass: "bulk" | "delta",
): string {
  const left = [
    ...(changed > 0 ? [`${changed} changed since, and the delta pass imports them`] : []),
    ...(held > 0 ? [`${formatCount(held, "held run")} left out`] : []),
  ];
  const count = compared - changed;
  const verb = count === 1 ? "is" : "are";
  const when = pass === "bulk" ? "Before the drain" : "After the drain";
  const same = `${when}, ${formatCount(count, "unfinished run")} ${verb} the same on both sides`;
  return `${[same, ...left].join("; ")}.`;
}

/** Describes both sides of a run or an approval. */
export function describePair({ key, disk: { role, document }, mongo }: Pair): string {
  const name = role === "runs" ? "" : `approval ${readableKey(key)}: `;
  const describe = role === "runs" ? describeRun : describeApproval;
  const ours = `${name}${describe(document, "on disk")}`;
  if (!mongo) return `${ours}, not in MongoDB`;
  const paths = differingPaths(role, document, mongo).join(", ");
  return `${ours}, ${describe(mongo, "in MongoDB")}; different: ${paths}`;
}

/** Describes an approval that only MongoDB has. */
export function describeOnlyInMongo(approval: Document): string {
  const name = readableKey(keyOf("approvals", approval));
  return `approval ${name}: not on disk, ${describeApproval(approval, "in MongoDB")}`;
}

/** Whether a path in the state directory belongs to a collection. */
export const isOf = (role: CollectionRole, folders: StateFolders) => {
  const folder = `${folders[role] ?? ""}/`;
  return ({ file }: { readonly file: string }) => file.startsWith(folder);
};

/** Describes a record that cannot be imported. */
export function describeRefused(
  { file, detail }: Quarantined,
  { folders }: StateAddress,
  raw: Raw | undefined,
): string {
  const run = raw && objectIn(raw.text);
  const what = isOf("runs", folders)({ file }) && run ? `${describeRun(run, "on disk")}, but ` : "";
  return `${what}${file} cannot be imported (${detail})`;
}

/** Describes one side of a run, such as `finished on disk since 2025-11-06T10:00:00.000Z`. */
export function describeRun(run: JsonObject, where: string): string {
  const updatedAt = memberOf(run, "updatedAt");
  const at = updatedAt instanceof Date ? JSON.stringify(updatedAt) : updatedAt;
  const since = typeof at === "string" ? ` since ${at.replaceAll('"', "")}` : "";
  return `${isUnfinished(run) ? "unfinished" : "finished"} ${where}${since}`;
}

function describeApproval(approval: JsonObject, where: string): string {
  return `${String(memberOf(approval, "status"))} ${where}`;
}
