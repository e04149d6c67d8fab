import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type {
  ClaimInputs,
  CollectionInputs,
  CompletionInputs,
  IndexInputs,
  LiftInputs,
  RetentionInputs,
} from "../providers/inputs";

/** This path is a contract with existing stacks: their states load it. */
const providers = "components/migration/provider.ts";

/** `cutover` is counted by the provider, never given. */
type Args<Inputs> = Omit<
  { [Key in keyof Inputs]: pulumi.Input<Inputs[Key]> | undefined },
  "cutover"
>;

abstract class MongoResource<Inputs extends object> extends DynamicResource {
  constructor(
    kind: string,
    name: string,
    args: Args<Inputs>,
    outputs: pulumi.Inputs,
    opts: pulumi.CustomResourceOptions,
  ) {
    const secret = { additionalSecretOutputs: ["uri"] };
    super(
      shim(providers, kind),
      name,
      { ...args, ...outputs },
      { ...secret, ...opts },
      "mongo",
      kind,
    );
  }
}

/** The ledger's record claimed, before anything is changed. */
export class LedgerClaim extends MongoResource<ClaimInputs> {
  constructor(name: string, args: Args<ClaimInputs>, opts: pulumi.CustomResourceOptions) {
    super("LedgerClaim", name, args, {}, opts);
  }
}

/** The ledger's record completed, after everything is there. */
export class LedgerCompletion extends MongoResource<CompletionInputs> {
  /** When the migration was applied (ISO 8601, UTC). */
  declare readonly appliedAt: pulumi.Output<string>;
  /** The database's name as it was last applied. */
  declare readonly database: pulumi.Output<string | undefined>;

  constructor(name: string, args: Args<CompletionInputs>, opts: pulumi.CustomResourceOptions) {
    super("LedgerCompletion", name, args, { appliedAt: undefined }, opts);
  }
}

/** A collection with its validator. */
export class Collection extends MongoResource<CollectionInputs> {
  /** Why the validator is not as strict as asked for; empty where it is. */
  declare readonly heldBack: pulumi.Output<string>;

  constructor(name: string, args: Args<CollectionInputs>, opts: pulumi.CustomResourceOptions) {
    super("Collection", name, args, { heldBack: undefined }, opts);
  }
}

/** An index. */
export class Index extends MongoResource<IndexInputs> {
  /** The name under which it exists: another than ours where an equal one was adopted. */
  declare readonly existsAs: pulumi.Output<string>;
  /** Why it does not exist; empty where it does. */
  declare readonly heldBack: pulumi.Output<string>;

  constructor(name: string, args: Args<IndexInputs>, opts: pulumi.CustomResourceOptions) {
    super("Index", name, args, { existsAs: undefined, heldBack: undefined }, opts);
  }
}

/** Lifts the expiry of log entries in each cutover, before the import. */
export class LogExpiryLift extends MongoResource<LiftInputs> {
  constructor(name: string, args: Args<LiftInputs>, opts: pulumi.CustomResourceOptions) {
    super("LogExpiryLift", name, args, {}, opts);
  }
}

/** The expiry of log entries; last in a cutover, after the verification. */
export class LogRetention extends MongoResource<RetentionInputs> {
  constructor(name: string, args: Args<RetentionInputs>, opts: pulumi.CustomResourceOptions) {
    super("LogRetention", name, args, {}, opts);
  }
}
