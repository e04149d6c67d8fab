import * as pulumi from "@pulumi/pulumi";
import { warning, type Finding } from "../text";
import type { Mongo } from "../cluster";
import { collections, buildSchema, type ContractSchema, type SchemaOptions } from "../contract";
import { migrationId } from "../ledger";
import { sameServer } from "../mongo";
import { schemaOptionsOf, type Settings } from "../settings";
import { logFinding, StepGroup, StepResource, type Args, type StepOptions } from "../step/program";
import type { ClaimInputs } from "./ledger-steps";
import { checksumOf } from "./planner/canonical";
import { warnOfDataIssues } from "./preview";
import { steps } from "./provider";
import {
  keyToText,
  type IndexInputs,
  type IndexResults,
  type ReconcileInputs,
} from "./schema-steps";

export { LogRetention, SuspendLogTtl } from "./expiry-components";

/** Arguments of the migration. */
interface PackRunMigrationArgs extends Pick<
  Settings,
  "validation" | "tenancy" | "migration" | "advanced" | "logRetentionDays"
> {
  readonly mongo: Mongo;
  /** The state on disk, whose record shows whether the services work on MongoDB. */
  readonly files: { readonly root: string | undefined };
  readonly update: {
    /** The number of the stack's finished or current cutover, and the inputs that find the worker's mode. */
    readonly live: Pick<Args<ClaimInputs>, "inForce" | "worker" | "workerModes">;
  };
}

/**
 * Creates the collections with validators, then all unique indexes, then the other indexes. The migration's record in
 * MongoDB is claimed before them, and completed after them.
 */
export class PackRunMigration extends StepGroup {
  readonly migrationId = migrationId;
  /** SHA-256 of the wanted schema, in hex. */
  readonly checksum: string;
  /** When it was applied, in ISO 8601. */
  readonly appliedAt: pulumi.Output<string | undefined>;
  readonly collections: readonly string[];
  /**
   * The cutover since which the services that the stack took over work on MongoDB; empty without one, and in a
   * rollback.
   */
  readonly takenOver: pulumi.Output<string>;
  /** The database name; on a rollback the last one used. */
  readonly database: pulumi.Output<string | undefined>;

  constructor(
    name: string,
    { mongo, files, update, ...settings }: PackRunMigrationArgs,
    options: StepOptions = {},
  ) {
    const { direction } = mongo;
    super("PackRunMigration", name, options, { isSkipped: direction === "back" });
    const schema = schemaOptionsOf({ ...settings, mongo, approvals: mongo.approvals });
    const wanted = buildSchema(schema);
    const checksum = checksumOf(wanted);
    const { uri, database, ledger, job, cutover } = mongo;
    const { onDataIssue, adopt } = settings.migration;
    const shared = { direction, uri, database, ledger, job };

    const claim = new StepResource(
      steps.ledgerClaim,
      "ledger-claim",
      {
        ...shared,
        cutover,
        schema,
        onDataIssue,
        checksum,
        adopt,
        stack: `${pulumi.getProject()}/${pulumi.getStack()}`,
        root: files.root,
        acceptDatabase: settings.advanced.acceptDatabase,
        ...update.live,
      },
      this.ofChildren,
    );
    const { collectionSteps, indexes } = this.createSchema(
      wanted,
      { ...shared, onDataIssue },
      claim,
    );
    const completion = new StepResource(
      steps.ledgerCompletion,
      "ledger",
      { ...shared, cutover, checksum },
      { parent: this, dependsOn: [claim, ...indexes] },
    );
    this.checkServicePrivileges(mongo, completion, schema, settings.logRetentionDays);

    for (const one of [claim, ...collectionSteps, ...indexes]) {
      const blockedBy = one.output("blockedBy");
      blockedBy.apply((words) => (words ? logFinding(describeBlocked(words), one) : undefined));
    }
    warnOfDataIssues({ ...shared, uri: job ? undefined : uri }, wanted, this, (issue) =>
      issue.kind === "duplicate keys"
        ? indexes[wanted.indexes.findIndex(({ name }) => name === issue.index)]
        : collectionSteps[wanted.collections.findIndex(({ name }) => name === issue.collection)],
    );

    this.checksum = checksum;
    this.appliedAt = (job ? claim : completion).output("appliedAt");
    this.collections = wanted.collections.map((collection) => collection.name);
    this.database = completion.output("database");
    this.takenOver =
      direction === "back"
        ? pulumi.output("")
        : claim.output("takenOver").apply((cutoverRecord = "") => cutoverRecord);
    this.registerOutputs({ checksum, appliedAt: this.appliedAt });
  }

  private createSchema(
    wanted: ContractSchema,
    shared: Args<ReconcileInputs>,
    claim: pulumi.Resource,
  ) {
    const collectionSteps = wanted.collections.map((collection) => {
      const inputs = { ...shared, ...collection };
      const { name } = collections[collection.role];
      return new StepResource(steps.collection, name, inputs, { parent: this, dependsOn: claim });
    });
    const indexes: StepResource<IndexInputs, IndexResults>[] = [];
    for (const { role, collection, name, key, unique, sparse, defaultName } of wanted.indexes) {
      const index = { role, collection, name, key: keyToText(key), unique, sparse };
      const inputs = { ...shared, ...index };
      // Unique indexes depend only on collections, so that all data issues surface at once. Every other index depends
      // on all indexes before it.
      const options = { parent: this, dependsOn: unique ? collectionSteps : [...indexes] };
      indexes.push(new StepResource(steps.index, defaultName, inputs, options));
    }
    return { collectionSteps, indexes };
  }

  /** Runs when all indexes exist, so that a missing privilege surfaces before the drain. */
  private checkServicePrivileges(
    { appUri, appJob, uri, database, extraCollections, direction, cutover }: Mongo,
    completion: pulumi.Resource,
    schema: SchemaOptions,
    days = 0,
  ): void {
    const isApart = pulumi.all([uri, appUri]).apply(([own, app]) => !sameServer(own, app));
    // Without a connection string, neither the engine nor a Job can log in.
    const job = appUri && appJob;
    const target = { uri: appUri, database, job, isApart: pulumi.unsecret(isApart) };
    new StepResource(
      steps.applicationCheck,
      "application-check",
      { ...target, direction, cutover, schema, days, extraCollections },
      { parent: this, dependsOn: completion },
    );
  }
}

function describeBlocked(words: string): Finding {
  const advice =
    "The last `pulumi up` applied everything else. Fix these documents, then run `pulumi up --refresh`.";
  return warning("data-issue", `${words}\n${advice}`);
}
