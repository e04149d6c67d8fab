import type { Db } from "mongodb";

const everyMs = 10_000;

/**
 * Says every ten seconds, on standard error, how far the build of an index is, until the returned
 * function is called. How far is known only to a user who may see what the server does (`inprog`); to
 * others it says how long it takes.
 */
export function watchBuild(db: Db, collection: string, index: string): () => void {
  const started = Date.now();
  let [isDone, isAllowed] = [false, true];
  const say = async () => {
    const phase = isAllowed ? await phaseOf(db, collection).catch(() => undefined) : "";
    isAllowed = phase !== undefined;
    const seconds = Math.round((Date.now() - started) / 1_000);
    const words = `Building index ${index} on ${db.databaseName}.${collection}: ${seconds} s so far`;
    if (!isDone) console.warn(words + (phase ?? ""));
  };
  const timer = setInterval(() => void say(), everyMs);
  return () => {
    isDone = true;
    clearInterval(timer);
  };
}

/** A build as `$currentOp` shows it. */
interface Build {
  readonly ns: string;
  /** Such as `Index Build: scanning collection`, with figures behind it. */
  readonly msg: string;
  readonly progress?: { readonly done: number; readonly total: number };
}

/**
 * What a build is about, in words: `, scanning collection: 12 %`; empty if the server does not say.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/currentOp/
 */
async function phaseOf(db: Db, collection: string): Promise<string> {
  const isBuild = { msg: /^Index Build: /, "command.createIndexes": collection };
  const builds = await db.client
    .db("admin")
    .aggregate<Build>([{ $currentOp: { allUsers: true } }, { $match: isBuild }], {
      maxTimeMS: 2_000,
    })
    .toArray();
  const build = builds.find(({ ns }) => ns.startsWith(`${db.databaseName}.`));
  const phase = /^Index Build: ([a-z ]+[a-z])/.exec(build?.msg ?? "")?.[1];
  if (phase === undefined) return "";
  const { done, total } = build?.progress ?? { done: 0, total: 0 };
  return `, ${phase}${total > 0 ? `: ${Math.round((100 * done) / total)} %` : ""}`;
}
