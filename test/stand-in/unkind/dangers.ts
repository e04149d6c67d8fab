import type { Random } from "../../../tools/sample/random";

/**
 * What can go wrong around the product. Each is switched on for a whole walk:
 *
 * - `in place`: services write their files by truncation and in pieces, with pauses in between;
 * - `kill`: the worker ends by SIGKILL in the middle of a write, in the place of a drain;
 * - `stalled importer`: a second importer reads files, stalls, and goes on later;
 * - `purge`: finished runs are deleted on the side that the services work on;
 * - `lag`: the services' writes are `w: 1`, and what a majority has is older, until a majority is asked for;
 * - `no majority`: the same, and no write reaches a majority (64);
 * - `refused writes`: MongoDB can be read, and refuses each write: 371, 8000 or 14031;
 * - `no shard primary`: a mongos answers, and finds no primary of all shards, or of all but the ledger's (133);
 * - `other database`: another database is behind the same connection string;
 * - `lost`: a rollback has no MongoDB at all, and what comes back may be another database;
 * - `stale stat`: what `stat` says of a file is cached until the file is opened.
 */
export const dangers = [
  "in place",
  "kill",
  "stalled importer",
  "purge",
  "lag",
  "no majority",
  "refused writes",
  "no shard primary",
  "other database",
  "lost",
  "stale stat",
] as const;

export type Danger = (typeof dangers)[number];

/** Dangers of the volume show only in files that are written in place. */
const needs: Partial<Readonly<Record<Danger, Danger>>> = { "stale stat": "in place" };

/** The dangers of a walk: those that are asked for, or one to four of all. */
export function drawDangers(random: Random, asked: readonly Danger[]): ReadonlySet<Danger> {
  const drawn = new Set(asked);
  if (asked.length === 0) {
    for (let left = random.between(1, 4); left > 0; left -= 1) drawn.add(random.pick(dangers));
  }
  for (const danger of drawn) drawn.add(needs[danger] ?? danger);
  return drawn;
}
