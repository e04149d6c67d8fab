import type * as pulumi from "@pulumi/pulumi";
import type { ContractSchema } from "../../contract";
import { DynamicResource, shim } from "../../dynamic/program";
import type { MigrationJobInputs } from "../providers/job";
import { keyToText } from "../providers/inputs";

/** This path is a contract with existing stacks: their states load it. */
const providers = "components/migration/provider.ts";

/** Arguments of the migration as one Job. */
export type MigrationJobArgs = {
  readonly [Key in keyof MigrationJobInputs]: pulumi.Input<MigrationJobInputs[Key]> | undefined;
};

/** The whole migration as one Job, for a database that the cluster alone reaches. */
export class MigrationJob extends DynamicResource {
  /** When it was applied (ISO 8601, UTC). */
  declare readonly appliedAt: pulumi.Output<string>;
  /** What documents in the way kept from being done, in words; empty where nothing did. */
  declare readonly heldBack: pulumi.Output<string>;
  /** The database's name as it was last applied. */
  declare readonly database: pulumi.Output<string | undefined>;

  constructor(name: string, args: MigrationJobArgs, options: pulumi.CustomResourceOptions) {
    const inputs = { ...args, appliedAt: undefined, heldBack: undefined };
    const merged = { additionalSecretOutputs: ["uri"], ...options };
    super(shim(providers, "MigrationJob"), name, inputs, merged, "mongo", "MigrationJob");
  }
}

/** What a migration makes, in words that a preview shows. */
export function wantedInWords({ collections, indexes }: ContractSchema) {
  return {
    collections: collections.map(
      ({ name, validationLevel, validationAction }) =>
        `${name}, validator ${validationLevel}, ${validationAction}`,
    ),
    indexes: indexes.map(({ collection, name, key, unique, sparse }) => {
      const kinds = [...(unique ? ["unique"] : []), ...(sparse ? ["sparse"] : [])];
      return [`${name} on ${collection} (${keyToText(key)})`, ...kinds].join(", ");
    }),
  };
}
