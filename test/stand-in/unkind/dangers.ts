import type { Random } from "../../../tools/sample/random";

/**
 * What can go wrong around the product. Each is switched on for a whole walk:
 *
 * - `in place`: services write their files by truncation and in pieces, with pauses in between;
 * - `kill`: the worker ends by SIGKILL in the middle of a write, in the place of a drain;
 * - `stalled importer`: a second importer reads files, stalls, and goes on later;
 * - `second process`: while an import or an export runs by hand, another process does the same, and is killed;
 * - `purge`: finished runs are deleted on the side that the services work on;
 * - `again`: in Mongo mode `pulumi up` runs again, after a quarantined line or for no reason;
 * - `lag`: the services' writes are `w: 1`, and what a majority has is older, until a majority is asked for;
 * - `no majority`: the same, and no write reaches a majority (64);
 * - `refused writes`: MongoDB can be read, and refuses each write: 371, 8000 or 14031;
 * - `no shard primary`: a mongos answers, and finds no primary of all shards, or of all but the ledger's (133);
 * - `other database`: another database is behind the same connection string;
 * - `lost`: a rollback has no MongoDB at all, and what comes back may be another database;
 * - `stale stat`: what `stat` says of a file is cached until the file is opened;
 * - `busy web`: web submits a run and decides approvals in each step;
 * - `clocks`: the clocks of the services are apart by up to an hour, and hours pass between the steps;
 * - `restored directory`: while the services work on MongoDB, the state directory, or `state/runs` alone, is
 *   restored from a snapshot;
 * - `restored database`: while the services work on files, the database is restored from a snapshot;
 * - `stranger`: while the services work on files, somebody writes documents: a run that no service knows, or a
 *   run as it was before;
 * - `refused`: a finished run, or a decided approval, is written in a form that nobody can import;
 * - `late write`: the worker ends by SIGKILL before a rollback, and the server applies its last write later: while
 *   the handover reads, after it has read the run. What is applied after the last look is not caught;
 * - `lost approval`: the side that the services work on loses the approvals of a run that waits at its gate, after both
 *   sides had them: the approvals' file becomes `[]` or goes, or the documents are deleted in MongoDB;
 * - `unwritable`: before a rollback, a run that was begun in MongoDB gets a member that no file can hold, while a job of
 *   it waits; later the member is removed;
 * - `job names`: the names of jobs do not end in `.json`, because their form is assumed;
 * - `cancelled run`: after the drain a run is cancelled on files, by a status that the product does not know, and imported;
 *   then its file is restored from before;
 * - `copied back`: after a rollback without MongoDB, held files are copied back in the place of being moved;
 * - `lost renames`: the state directory's server crashes, and the renames that were not synced are undone.
 */
export const dangers = [
  "in place",
  "kill",
  "stalled importer",
  "second process",
  "purge",
  "again",
  "lag",
  "no majority",
  "refused writes",
  "no shard primary",
  "other database",
  "lost",
  "stale stat",
  "busy web",
  "clocks",
  "restored directory",
  "restored database",
  "stranger",
  "refused",
  "late write",
  "lost approval",
  "unwritable",
  "job names",
  "lost renames",
  "cancelled run",
  "copied back",
] as const;

export type Danger = (typeof dangers)[number];

/** Dangers of the volume show only in files that are written in place, and only a lost MongoDB has runs held. */
const needs: Partial<Readonly<Record<Danger, Danger>>> = {
  "stale stat": "in place",
  "copied back": "lost",
};

/** A directory of another time can be recognized only by the database, so that one of the two is there. */
const isDirectoryLost: Danger = "restored directory";
const isDatabaseLost: readonly Danger[] = [
  "no majority",
  "refused writes",
  "no shard primary",
  "other database",
  "restored database",
  "lost",
];

/** The dangers of a walk: those that are asked for, or one to four of all. */
export function drawDangers(random: Random, asked: readonly Danger[]): ReadonlySet<Danger> {
  const on = new Set(asked);
  if (asked.length === 0) {
    for (let left = random.between(1, 4); left > 0; left -= 1) on.add(random.pick(dangers));
  }
  for (const danger of on) on.add(needs[danger] ?? danger);
  if (on.has(isDirectoryLost)) isDatabaseLost.forEach((danger) => on.delete(danger));
  return on;
}
