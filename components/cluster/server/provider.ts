import { addressIn, databaseAt } from "../../mongo";
import { kind, type MongoInputs, type OncePerCutover, type Step } from "../../step";
import { requireServer } from "./check";
import type { CollectionNames } from "./facts";

/** Inputs of a check: the collections need not exist yet. */
export interface ServerCheckInputs extends MongoInputs, OncePerCutover {
  readonly collections: CollectionNames;
}

/** Outputs of a check: the server's version as it was found, such as `8.0.4`. */
export interface ServerCheckResults {
  readonly serverVersion: string;
}

export const ServerCheck = kind<ServerCheckInputs, ServerCheckResults>(
  "ServerCheck",
  ["cluster", "mongo"],
  ["serverVersion"],
);

/**
 * The check of a server that exists, before anything of a cutover is done: in each, and for another
 * server.
 */
export const serverCheck: Step<ServerCheckInputs, ServerCheckResults> = {
  ...ServerCheck,
  id: () => "server-check",
  followsServer: true,
  compares: ["database", "cutover"],
  forward: async (inputs) => {
    const address = addressIn(inputs);
    const database = await databaseAt(address);
    return { serverVersion: await requireServer(database, address.uri, inputs.collections) };
  },
};
