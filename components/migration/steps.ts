import { BSON, type Db, type Document } from "mongodb";
import { requireApplication, requireServer } from "../cluster/server";
import {
  buildSchema,
  type CollectionRole,
  type SchemaOptions,
  type WantedCollection,
  type WantedIndex,
  type WantedSchema,
} from "../contract";
import { recordFence } from "../ledger";
import { addressIn, databaseAt, withRetries } from "../mongo";
import {
  kind,
  tell,
  type MongoInputs,
  type OncePerCutover,
  type StateOf,
  type Step,
} from "../step";
import { describePlace, PlaceRefused, requirePlace } from "./another-place";
import { apply } from "./apply";
import { DataIssues } from "./errors";
import { reconcile } from "./execute";
import { setExpiry } from "./expiry";
import {
  describeDataIssue,
  describeNotChecked,
  withholdChanges,
  type NotChecked,
  type OnDataIssue,
} from "./issues/data-issues";
import { claim, complete, recordCommand, requireRecord, type Claim } from "./ledger";
import { compare, searchData } from "./plan";
import { day, diffExpiry, expiryIndex } from "./planner/diff";
import { indexSpec, sameSpec } from "./planner/index-spec";
import { observe } from "./planner/observe";

/** Whose provider has the steps, and the module of their resources' types. */
const room = ["migration", "mongo"] as const;

/** Inputs that every step of the migration has; `uri` is secret. */
interface MigrationInputs extends MongoInputs {
  /** The ledger's collection. */
  readonly ledger: string;
}

const databaseOf = (inputs: MongoInputs): Promise<Db> => databaseAt(addressIn(inputs));

/** The claim of the ledger's record, before the first change. */
interface ClaimInputs extends MigrationInputs, OncePerCutover, Claim {
  readonly schema: SchemaOptions;
  readonly onDataIssue: OnDataIssue;
  /** The state directory, whose `fence.json` says whether the services work on MongoDB; absent: no files. */
  readonly root?: string;
  /** The setting `advanced.acceptDatabase`; not compared. */
  readonly acceptDatabase?: string;
}

interface ClaimResults {
  /** Where the record was claimed: `HOSTS/DATABASE/LEDGER`. */
  readonly place: string;
  /** Where a Job did the whole plan: when, in ISO 8601; empty where the engine does it. */
  readonly appliedAt: string;
  /** Where a Job did the whole plan: what the data kept from being done, in words. */
  readonly heldBack: string;
}

type ClaimState = StateOf<ClaimInputs, ClaimResults>;

/**
 * Looks for data issues, then claims the record: until here nothing was changed. Another database is
 * refused while the services work on the former one (PlaceRefused); a cutover that follows a
 * finished rollback may go to any. As a Job it does the whole plan, and the collections and indexes
 * only state it.
 */
const ledgerClaim: Step<ClaimInputs, ClaimResults> = {
  ...kind<ClaimInputs, ClaimResults>("LedgerClaim", room, ["place", "appliedAt", "heldBack"]),
  id: ({ ledger }) => `${ledger}-claim`,
  followsServer: true,
  compares: ["database", "ledger", "checksum", "stack", "cutover"],
  isDue: ({ heldBack }, { job }) => job !== undefined && Boolean(heldBack),
  job: { state: "read", olds: ["place"], forward: applyWholePlan },
  foresees: async (state, inputs) => {
    // Who runs Jobs has the files in a claim, which the engine cannot read.
    if (inputs.job) return [];
    try {
      await findPlace(inputs, state);
    } catch (error) {
      // What cannot be found out in a preview is said there by others, and by `up`.
      if (!(error instanceof PlaceRefused)) return [];
      return [{ severity: "stop", code: "other-database", text: error.message }];
    }
    return [];
  },
  forward: async (inputs, state) => {
    const { fence, place } = await findPlace(inputs, state);
    const db = await databaseOf(inputs);
    // Another cutover to what was claimed: the collections and indexes are not looked at again.
    const isSameAgain = state?.place === place && state.cutover !== inputs.cutover;
    if (isSameAgain) await requireRecord(db, inputs.ledger);
    if (inputs.onDataIssue === "fail") {
      const { issues, notChecked } = await searchData(db, buildSchema(inputs.schema));
      if (issues.length > 0) throw new DataIssues(db.databaseName, issues);
      warnOfNotChecked(notChecked);
    }
    await claim(db, inputs.ledger, inputs);
    await takeFence(db, inputs.ledger, fence);
    return { place, appliedAt: "", heldBack: "" };
  },
};

async function applyWholePlan(inputs: ClaimInputs, state?: ClaimState): Promise<ClaimResults> {
  const { fence, place } = await findPlace(inputs, state);
  const db = await databaseOf(inputs);
  await requireServer(db, addressIn(inputs).uri, inputs.schema.collections);
  const { appliedAt, issues, notChecked } = await apply(db, inputs);
  warnOfNotChecked(notChecked);
  await takeFence(db, inputs.ledger, fence);
  const heldBack = issues.map(describeDataIssue).join("\n");
  return { place, appliedAt: appliedAt.toISOString(), heldBack };
}

async function takeFence(db: Db, ledger: string, fence: string | undefined): Promise<void> {
  if (fence === undefined) return;
  const doing = `Recording the fence in ${db.databaseName}.${ledger}`;
  await withRetries(doing, () => recordFence(db, ledger, new Date(fence)));
}

function warnOfNotChecked(notChecked: readonly NotChecked[]): void {
  for (const one of notChecked) {
    const text = `${describeNotChecked(one)} MongoDB refuses the change if they exist.`;
    tell({ severity: "warn", code: "data-not-checked", text });
  }
}

async function findPlace(inputs: ClaimInputs, state?: ClaimState) {
  const { ledger, root, acceptDatabase } = inputs;
  const asked = { ...addressIn(inputs), ledger };
  const place = describePlace(asked);
  // Also in the next cutover: a rollback that did not finish leaves the services on MongoDB.
  const former = state?.place ?? place;
  return { place, fence: await requirePlace(asked, former, root, acceptDatabase) };
}

/** The completion of the ledger's record, after the last change. */
interface CompletionInputs extends MigrationInputs, OncePerCutover {
  readonly checksum: string;
}

interface CompletionResults {
  /** In ISO 8601, UTC. */
  readonly appliedAt: string;
}

const ledgerCompletion: Step<CompletionInputs, CompletionResults> = {
  ...kind<CompletionInputs, CompletionResults>("LedgerCompletion", room, ["appliedAt"]),
  id: ({ ledger }) => ledger,
  followsServer: true,
  compares: ["database", "ledger", "checksum", "cutover"],
  job: { doneByAnother: { appliedAt: "" } },
  forward: async (inputs) => {
    const finished = await complete(await databaseOf(inputs), inputs.ledger, inputs.checksum);
    return { appliedAt: finished.toISOString() };
  },
};

/** Inputs of a step that makes one wanted thing. */
interface ReconcileInputs extends MigrationInputs {
  readonly onDataIssue: OnDataIssue;
}

/**
 * Makes one wanted thing so, and records every command. If blocking documents are only to be reported,
 * what they block is left out; else the claim has searched for them. Returns the changes, and what the
 * data kept from being done, in words.
 */
async function reconcileOne(inputs: ReconcileInputs, wanted: WantedSchema) {
  const db = await databaseOf(inputs);
  const { issues } =
    inputs.onDataIssue === "report" ? await searchData(db, wanted) : { issues: [] };
  const changes = await reconcile(db, withholdChanges(wanted, issues), (executed) =>
    recordCommand(db, inputs.ledger, executed),
  );
  return { changes, heldBack: issues.map(describeDataIssue).join("\n") };
}

async function look<Found>(
  inputs: MongoInputs,
  collection: string,
  find: (db: Db) => Promise<Found>,
): Promise<Found> {
  const db = await databaseOf(inputs);
  return withRetries(`Looking at ${db.databaseName}.${collection}`, () => find(db));
}

type CollectionInputs = ReconcileInputs & WantedCollection;

interface CollectionResults {
  /** Why the validator is not as strict as asked for, in words; empty where it is. */
  readonly heldBack: string;
}

/** A collection with its validator. */
const collection: Step<CollectionInputs, CollectionResults> = {
  ...kind<CollectionInputs, CollectionResults>("Collection", room, ["heldBack"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "name", "validator", "validationLevel", "validationAction"],
  job: { doneByAnother: { heldBack: "" } },
  forward: async (inputs) => {
    const { heldBack } = await reconcileOne(inputs, { collections: [inputs], indexes: [] });
    return { heldBack };
  },
  reads: async (applied) => {
    const wanted = { collections: [applied], indexes: [] };
    const [change] = await look(applied, applied.name, (db) => compare(db, wanted));
    if (change?.kind === "create collection") return undefined;
    if (change?.kind !== "modify validator") return {};
    const { validationLevel, validationAction } = change.found;
    // The engine's state holds JSON; somebody's validator may hold a date.
    const validator = BSON.EJSON.serialize(change.found.validator, { relaxed: true });
    return { validator, validationLevel, validationAction } as Partial<CollectionInputs>;
  },
};

/** One index. */
export interface IndexInputs extends ReconcileInputs {
  readonly role: CollectionRole;
  readonly collection: string;
  readonly name: string;
  /** The key as one text, `runId:1, sequence:1`. */
  readonly key: string;
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Set by a refresh that finds the index hidden by hand; never asked for. */
  readonly hidden?: boolean;
}

/** What became of it. */
export interface IndexResults {
  /** The name in MongoDB, empty where duplicates hold the index back. */
  readonly existsAs: string;
  /** Why it does not exist, in words; empty where it does. */
  readonly heldBack: string;
}

/** One index: created, changed in place, replaced or adopted as the planner says. */
const index: Step<IndexInputs, IndexResults> = {
  ...kind<IndexInputs, IndexResults>("Index", room, ["existsAs", "heldBack"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "collection", "name", "key", "unique", "sparse", "hidden"],
  job: { doneByAnother: { existsAs: "", heldBack: "" } },
  forward: async (inputs) => {
    const { changes, heldBack } = await reconcileOne(inputs, indexOnly(inputs));
    const adopted = changes.find((change) => change.kind === "adopt index");
    const name = adopted?.found.name ?? inputs.name;
    return { existsAs: heldBack === "" ? name : "", heldBack };
  },
  reads: async (applied) => {
    const wanted = indexOnly(applied);
    const changes = await look(applied, applied.collection, (db) => compare(db, wanted));
    const change = changes.find(({ kind }) => kind !== "adopt index");
    switch (change?.kind) {
      case "create index":
        return undefined;
      case "modify index":
        return { unique: change.found.unique, hidden: change.found.hidden };
      case "replace index": {
        const found = change.old ?? change.final;
        if (!found) return undefined;
        return { key: keyToText(found.key), unique: found.unique, sparse: found.sparse };
      }
      default:
        return {};
    }
  },
};

function indexOnly({ role, collection, name, key: text, unique, sparse }: IndexInputs) {
  const key: WantedIndex["key"] = text.split(", ").map((member) => {
    const colon = member.lastIndexOf(":");
    return [member.slice(0, colon), Number(member.slice(colon + 1)) as 1 | -1];
  });
  return { collections: [], indexes: [{ role, collection, name, key, unique, sparse }] };
}

/**
 * A key as one text in its order, `runId:1, sequence:1`: the engine sorts the keys of objects, and
 * shows a text that is JSON or YAML as an object.
 */
export function keyToText(key: readonly (readonly [field: string, direction: unknown])[]): string {
  return key.map(([field, direction]) => `${field}:${String(direction)}`).join(", ");
}

/** What the services' user tries; `uri` is their connection string, which is secret. */
interface ApplicationInputs extends MongoInputs, OncePerCutover {
  /** The names of the collections that exist, by role. */
  readonly collections: Partial<Readonly<Record<CollectionRole, string>>>;
  /** Commands by which the services may create their indexes at start, as JSON: the engine sorts an object's keys. */
  readonly creations: readonly string[];
  /** Whether only the services may reach this address: then a warning is enough if it is unreachable. */
  readonly isApart: boolean;
}

/**
 * The services' user tries what the services do, once in each cutover, after everything is there: what
 * it lacks has to be known before the worker is drained (issue #16).
 */
const applicationCheck: Step<ApplicationInputs, object> = {
  ...kind<ApplicationInputs, object>("ApplicationCheck", room),
  id: () => "application-check",
  followsServer: true,
  compares: ["database", "cutover"],
  job: {},
  forward: async ({ collections, isApart, creations, ...inputs }) => {
    // The services have a Secret of the site's own, and the settings no connection string.
    if (inputs.uri === undefined) return {};
    const commands = creations.map((text) => JSON.parse(text) as Document);
    await requireApplication(addressIn(inputs), collections, isApart, commands);
    return {};
  },
};

/**
 * The commands, as JSON, by which a service may create the contract's indexes: the one on which log entries expire
 * without an expiry, and with it if `days` is not 0.
 */
export function indexCreations(indexes: readonly WantedIndex[], days: number): string[] {
  return indexes.flatMap((index) => {
    const spec = indexSpec(index);
    const isExpiry =
      days > 0 && sameSpec(spec, indexSpec({ ...expiryIndex(index.collection), name: index.name }));
    const specs = isExpiry ? [spec, { ...spec, expireAfterSeconds: days * day }] : [spec];
    return specs.map((one) => JSON.stringify({ createIndexes: index.collection, indexes: [one] }));
  });
}

/** The expiry of log entries, which is not part of the index's own resource. */
interface RetentionInputs extends MigrationInputs, OncePerCutover {
  readonly collection: string;
  /** Days after which an entry expires; 0 for never. */
  readonly days: number;
}

/**
 * Lifts an expiry that an earlier cutover set: a live one would delete old entries while they are
 * imported again. A refresh leaves the expiry to the retention.
 */
const logExpiryLift: Step<RetentionInputs, object> = {
  ...kind<RetentionInputs, object>("LogExpiryLift", room),
  id: () => "log-expiry-lift",
  followsServer: true,
  compares: ["database", "collection", "days", "cutover"],
  job: {},
  forward: async (inputs) => {
    await setExpiry(await databaseOf(inputs), inputs, inputs.days);
    return {};
  },
};

/** Sets, changes or lifts the expiry; last in a cutover, when everything is verified. */
const logRetention: Step<RetentionInputs, object> = {
  ...logExpiryLift,
  ...kind<RetentionInputs, object>("LogRetention", room),
  id: () => "log-retention",
  reads: async (inputs) => {
    const { days, collection } = inputs;
    const observed = await look(inputs, collection, (db) => observe(db, [collection]));
    const [change] = diffExpiry(collection, days, observed);
    if (change?.kind !== "modify index") return {};
    return { days: (change.found.expireAfterSeconds ?? 0) / day };
  },
};

/** The migration's steps. */
export const steps = {
  ...{ ledgerClaim, ledgerCompletion, collection, index, applicationCheck },
  ...{ logExpiryLift, logRetention },
};
