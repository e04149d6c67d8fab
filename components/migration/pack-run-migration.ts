import * as pulumi from "@pulumi/pulumi";
import { collections, wantedSchema, type ContractSchema, type SchemaOptions } from "../contract";
import { childOf } from "../dynamic";
import type { JobTarget } from "../jobs";
import { migrationId } from "../ledger";
import type { StorageMode } from "../settings";
import { checksumOf } from "./planner/canonical";
import { keyToText, type OnDataIssue } from "./providers/inputs";
import { MigrationJob, wantedInWords } from "./resources/migration-job";
import { warnOfDataIssues, warnOfHeldBack } from "./resources/preview";
import { Collection, Index, LedgerClaim, LedgerCompletion } from "./resources/resources";

/** What the migration needs to know; the settings' defaults are those of `components/settings`. */
export interface PackRunMigrationArgs {
  /** The migrator's connection string; secret, absent in filesystem mode. */
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  readonly schema: SchemaOptions;
  /** The collection that records the migration. */
  readonly ledger: string;
  /** Takes the record over from another stack with another wanted state. */
  readonly adopt: boolean;
  /** Whether documents that stand in the way stop the migration or are listed. */
  readonly onDataIssue: OnDataIssue;
  /** The version of this tool, for the record. */
  readonly toolVersion: string;
  /** Where the whole migration is one Job; absent: the engine does it. */
  readonly job?:
    { readonly target: pulumi.Input<JobTarget>; readonly mode: StorageMode } | undefined;
}

/**
 * The document's execution order, steps 1 and 2: the collections with their validators, then the
 * indexes, unique ones of all collections first, then the others in the listed order; all between
 * the claim and the completion of the ledger's record.
 */
export class PackRunMigration extends pulumi.ComponentResource {
  readonly migrationId = migrationId;
  /** SHA-256 of what should exist, in hex. */
  readonly checksum: string;
  /** When it was applied (ISO 8601, UTC). */
  readonly appliedAt: pulumi.Output<string>;
  readonly collections: readonly string[];
  /** The database's name; in filesystem mode the one that was last used. */
  readonly database: pulumi.Output<string | undefined>;

  constructor(
    name: string,
    args: PackRunMigrationArgs,
    opts: pulumi.ComponentResourceOptions = {},
  ) {
    super("taskrunner:storage:PackRunMigration", name, {}, opts);
    const wanted = wantedSchema(args.schema);
    this.checksum = checksumOf(wanted);
    const done = args.job
      ? this.asJob(args.job, wanted, args, opts)
      : this.asResources(wanted, args, opts);
    this.appliedAt = done.appliedAt;
    this.collections = wanted.collections.map((collection) => collection.name);
    this.database = done.database;
    this.registerOutputs({ checksum: this.checksum, appliedAt: this.appliedAt });
  }

  private asJob(
    { target, mode }: NonNullable<PackRunMigrationArgs["job"]>,
    wanted: ContractSchema,
    { uri, database, ledger }: PackRunMigrationArgs,
    opts: pulumi.ComponentResourceOptions,
  ): MigrationJob {
    const { checksum } = this;
    const inputs = { job: target, mode, uri, database, ledger, checksum, ...wantedInWords(wanted) };
    const job = new MigrationJob("migration", inputs, childOf(this, opts));
    warnOfHeldBack(job);
    return job;
  }

  private asResources(
    wanted: ContractSchema,
    args: PackRunMigrationArgs,
    opts: pulumi.ComponentResourceOptions,
  ): LedgerCompletion {
    const { uri, database, ledger, adopt, onDataIssue, schema, toolVersion } = args;
    const { checksum } = this;
    const shared = { uri, database, ledger };
    const stack = `${pulumi.getProject()}/${pulumi.getStack()}`;

    const claim = new LedgerClaim(
      "ledger-claim",
      { ...shared, schema, onDataIssue, checksum, stack, toolVersion, adopt },
      childOf(this, opts),
    );
    const made = wanted.collections.map((collection) => {
      const inputs = { ...shared, ...collection, onDataIssue };
      const { name } = collections[collection.role];
      return new Collection(name, inputs, { parent: this, dependsOn: claim });
    });
    const indexes = indexesInOrder(wanted.indexes, made, (index, dependsOn) => {
      const inputs = { ...shared, ...indexInputs(index), onDataIssue };
      return new Index(index.defaultName, inputs, { parent: this, dependsOn });
    });
    const completion = new LedgerCompletion(
      "ledger",
      { ...shared, checksum },
      { parent: this, dependsOn: indexes },
    );

    [...made, ...indexes].forEach(warnOfHeldBack);
    warnOfDataIssues(args, this, (issue) =>
      issue.kind === "duplicate keys"
        ? indexes[wanted.indexes.findIndex(({ name }) => name === issue.index)]
        : made[wanted.collections.findIndex(({ name }) => name === issue.collection)],
    );

    return completion;
  }
}

type ContractIndex = ContractSchema["indexes"][number];

function indexInputs({ role, collection, name, key, unique, sparse }: ContractIndex) {
  return { role, collection, name, key: keyToText(key), unique, sparse };
}

/**
 * Unique indexes wait for all collections, and all unique ones are tried, so that every data
 * issue surfaces at once; the others wait for those and for each other.
 */
function indexesInOrder(
  indexes: readonly ContractIndex[],
  made: readonly pulumi.Resource[],
  build: (index: ContractIndex, dependsOn: pulumi.Resource[]) => Index,
): Index[] {
  const built = indexes.filter(({ unique }) => unique).map((index) => build(index, [...made]));
  for (const index of indexes.filter(({ unique }) => !unique)) {
    built.push(build(index, [...built]));
  }
  return built;
}
