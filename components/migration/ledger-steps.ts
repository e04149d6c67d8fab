import type { Db } from "mongodb";
import { warning } from "../contract/finding";
import { requireServer } from "../cluster/server";
import { buildSchema, type SchemaOptions } from "../contract";
import { readRecord, recordFence } from "../ledger";
import {
  addressIn,
  databaseAt,
  formatHosts,
  previewTimeout,
  withRetries,
  type ConnectionOptions,
  type DatabaseAddress,
} from "../mongo";
import { readFence } from "../state";
import {
  kind,
  tell,
  type MongoInputs,
  type OncePerCutover,
  type StateOf,
  type Step,
} from "../step";
import { DataIssues } from "./errors";
import { apply } from "./execute";
import {
  describeDataIssue,
  describeNotChecked,
  type NotChecked,
  type OnDataIssue,
} from "./issues/data-issues";
import { claim, complete, requireRecord, type Claim } from "./ledger";
import { searchData } from "./plan";

/** The room whose provider has these steps, and the module of their resource types. */
export const room = ["migration", "mongo"] as const;

/** Inputs of every migration step; `uri` is secret. */
export interface MigrationInputs extends MongoInputs {
  /** The ledger's collection. */
  readonly ledger: string;
}

/** A step's database. @throws ConnectionError if no server answers or the log-in fails */
export const openDatabase = (inputs: MongoInputs): Promise<Db> => databaseAt(addressIn(inputs));

/** Reads a collection of a step's database. @throws ServerTroubleError if the trouble lasts a minute or two */
export async function inspect<Found>(
  inputs: MongoInputs,
  collection: string,
  find: (db: Db) => Promise<Found>,
): Promise<Found> {
  const db = await openDatabase(inputs);
  return withRetries(`Looking at ${db.databaseName}.${collection}`, () => find(db));
}

/** The settings name another database or ledger while the services work on MongoDB. Nothing was changed. */
class PlaceRefused extends Error {
  override readonly name = "PlaceRefused";
}

export interface ClaimInputs extends MigrationInputs, OncePerCutover, Claim {
  readonly schema: SchemaOptions;
  readonly onDataIssue: OnDataIssue;
  /** The state directory with `fence.json`; absent without files. */
  readonly root?: string;
  /** The setting `advanced.acceptDatabase`; not compared. */
  readonly acceptDatabase?: string;
}

export interface ClaimResults {
  /** The place of the record: `HOSTS/DATABASE/LEDGER`. */
  readonly place: string;
  /** When a Job applied the whole plan, in ISO 8601; empty in the engine. */
  readonly appliedAt: string;
  /** Describes what documents blocked in a Job's plan; empty in the engine. */
  readonly blockedBy: string;
}

type ClaimState = StateOf<ClaimInputs, ClaimResults>;

/**
 * Searches for data issues, then claims the ledger's record, before any change. Another database is refused while
 * the services work on the former one (PlaceRefused). As a Job it applies the whole plan, and the steps of
 * collections and indexes do nothing.
 */
export const ledgerClaim: Step<ClaimInputs, ClaimResults> = {
  ...kind<ClaimInputs, ClaimResults>("LedgerClaim", room, ["place", "appliedAt", "blockedBy"]),
  id: ({ ledger }) => `${ledger}-claim`,
  followsServer: true,
  compares: ["database", "ledger", "checksum", "stack", "cutover"],
  isDue: ({ blockedBy }, { job }) => job !== undefined && Boolean(blockedBy),
  job: { state: "read", priorOutputs: ["place"], forward: applyWholePlan },
  // A preview looks at a step that the stack has by `previewFindings` only.
  refuses: async (inputs, prior) => {
    const reason = prior ? undefined : await foreseeRefusal(inputs);
    return reason === undefined ? undefined : { property: "acceptDatabase", reason };
  },
  previewFindings: async (state, inputs) => {
    const text = await foreseeRefusal(inputs, state);
    return text === undefined ? [] : [{ severity: "stop", code: "other-database", text }];
  },
  forward: async (inputs, state) => {
    const { fence, place } = await findPlace(inputs, state);
    const db = await openDatabase(inputs);
    // The steps of collections and indexes do not run again for a new cutover to the same place.
    const isSameAgain = state?.place === place && state.cutover !== inputs.cutover;
    if (isSameAgain) await requireRecord(db, inputs.ledger);
    if (inputs.onDataIssue === "fail") {
      const { issues, notChecked } = await searchData(db, buildSchema(inputs.schema));
      if (issues.length > 0) throw new DataIssues(db.databaseName, issues);
      warnOfNotChecked(notChecked);
    }
    await claim(db, inputs.ledger, inputs);
    await recordMovedFence(db, inputs, fence);
    return { place, appliedAt: "", blockedBy: "" };
  },
};

// Other steps, and `up`, report other errors.
async function foreseeRefusal(
  inputs: ClaimInputs,
  state?: ClaimState,
): Promise<string | undefined> {
  // With Jobs, the files are in a PersistentVolumeClaim, which the engine cannot read.
  if (inputs.job || inputs.direction === "back") return undefined;
  return findPlace(inputs, state, previewTimeout).then(
    () => undefined,
    (error: unknown) => (error instanceof PlaceRefused ? error.message : undefined),
  );
}

async function applyWholePlan(inputs: ClaimInputs, state?: ClaimState): Promise<ClaimResults> {
  const { fence, place } = await findPlace(inputs, state);
  const db = await openDatabase(inputs);
  await requireServer(db, addressIn(inputs).uri, inputs.schema.collections);
  const { appliedAt, issues, notChecked } = await apply(db, inputs);
  warnOfNotChecked(notChecked);
  await recordMovedFence(db, inputs, fence);
  const blockedBy = issues.map(describeDataIssue).join("\n");
  return { place, appliedAt: appliedAt.toISOString(), blockedBy };
}

async function recordMovedFence(
  db: Db,
  { ledger, stack }: ClaimInputs,
  fence: string | undefined,
): Promise<void> {
  if (fence === undefined) return;
  const doing = `Recording the fence in ${db.databaseName}.${ledger}`;
  await withRetries(doing, () => recordFence(db, ledger, { at: new Date(fence), stack }));
}

function warnOfNotChecked(notChecked: readonly NotChecked[]): void {
  for (const one of notChecked) {
    const text = `${describeNotChecked(one)} MongoDB rejects the change if there are any.`;
    tell(warning("data-not-checked", text));
  }
}

/**
 * Returns the place of the record and, for a copied database, the fence to record there. Without `acceptDatabase`, a
 * database that does not know the open fence of `fence.json` is refused, because the import would read files that are as
 * old as that fence; so is one with another stack's fence that `fence.json` does not know, because the services of that
 * stack may work on it.
 *
 * @throws PlaceRefused
 */
async function findPlace(inputs: ClaimInputs, state?: ClaimState, options?: ConnectionOptions) {
  const { ledger, root, stack, acceptDatabase } = inputs;
  const address = addressIn(inputs);
  const database = `${formatHosts(address.uri)}/${address.database}`;
  const place = `${database}/${ledger}`;
  // Also in the next cutover, because an unfinished rollback leaves the services on MongoDB.
  const former = state?.place ?? place;
  if (root === undefined) return { place };
  const fence = await readFence(root);
  const open = fence?.endedAt === undefined ? fence?.at : undefined;
  const drawn = await readFences(address, ledger, options);
  const isKnown = drawn.some(({ at }) => at === open);
  const lost = open !== undefined && (place !== former || !isKnown) ? open : undefined;
  const own = [fence?.at, ...(fence?.former ?? [])];
  const foreign = drawn.filter((one) => one.stack !== stack && !own.includes(one.at));
  const newest = [lost ?? "", ...foreign.map(({ at }) => at)].sort().at(-1) ?? "";
  const wanted = `${newest}@${database}`;
  if (newest === "" || acceptDatabase === wanted) return { place, ...(lost && { fence: lost }) };
  const [found, ...ways] = lost
    ? describeLost({ place, former, lost, wanted })
    : describeForeign({ place, root, wanted, by: foreign.find(({ at }) => at === newest)?.stack });
  throw new PlaceRefused(
    [`${found ?? ""} Nothing was changed. There are two ways:`, ...ways].join("\n"),
  );
}

async function readFences(address: DatabaseAddress, ledger: string, options?: ConnectionOptions) {
  const db = await databaseAt(address, options);
  const doing = `Looking at ${db.databaseName}.${ledger}`;
  const { fences = [] } = (await withRetries(doing, () => readRecord(db, ledger))) ?? {};
  return fences.map(({ at, stack }) => ({ at: at.toISOString(), stack }));
}

function describeLost(one: Readonly<Record<"place" | "former" | "lost" | "wanted", string>>) {
  const { place, former, lost, wanted } = one;
  return [
    place === former
      ? `Refusing database ${place}: it has no record of the fence of ${lost} in fence.json, so the services have used another database since.`
      : `Refusing to switch to database ${place}: it is not a copy of ${former}, which the services have used since ${lost}.`,
    "By files: restore cluster, mongoUri and advanced.ledger. Set storageMode: filesystem and run " +
      "`pulumi up`, which exports what changed. Then set the new database and storageMode: mongo, and " +
      "run `pulumi up` again.",
    "By a copy: stop worker and web and copy the whole database, with its ledger and checkpoints. Then " +
      `set advanced.acceptDatabase: ${wanted}, which is valid only for this fence, and run \`pulumi up\` again.`,
  ];
}

function describeForeign(
  one: Readonly<Record<"place" | "root" | "wanted", string>> & { readonly by: string | undefined },
) {
  const { place, root, wanted, by = "" } = one;
  return [
    `Refusing database ${place}: stack ${by} has drawn a fence in it that fence.json in ${root} does not know, so services of that stack may work on it.`,
    "Set cluster, mongoUri or advanced.ledger to a database of this stack's own, and run `pulumi up` again.",
    `If no service of that stack uses it any more, set advanced.acceptDatabase: ${wanted}, which is valid only for ` +
      "this fence, and run `pulumi up` again.",
  ];
}

export interface CompletionInputs extends MigrationInputs, OncePerCutover {
  readonly checksum: string;
}

export interface CompletionResults {
  /** In ISO 8601, UTC. */
  readonly appliedAt: string;
}

/** Completes the ledger's record after the last change. */
export const ledgerCompletion: Step<CompletionInputs, CompletionResults> = {
  ...kind<CompletionInputs, CompletionResults>("LedgerCompletion", room, ["appliedAt"]),
  id: ({ ledger }) => ledger,
  followsServer: true,
  compares: ["database", "ledger", "checksum", "cutover"],
  job: { coveredBy: { appliedAt: "" } },
  forward: async (inputs) => {
    const finished = await complete(await openDatabase(inputs), inputs.ledger, inputs.checksum);
    return { appliedAt: finished.toISOString() };
  },
};
