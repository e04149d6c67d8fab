import type { Db } from "mongodb";

const everyMs = 10_000;

/**
 * Says every ten seconds, on standard error, for how long an index has been built, until the returned
 * function is called.
 */
export function watchBuild(
  db: Pick<Db, "databaseName">,
  collection: string,
  index: string,
): () => void {
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1_000);
    console.warn(
      `Building index ${index} on ${db.databaseName}.${collection}: ${seconds} s so far. If a member is down, ` +
        'see setIndexCommitQuorum (docs/migration.md, "Index builds")',
    );
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}
