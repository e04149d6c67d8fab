import { addressIn, databaseAt } from "../../mongo";
import { kind, type MongoInputs, type Step } from "../../step";
import { requireServer } from "./check";

/** Outputs of a check: the server's version as it was found, such as `8.0.4`. */
export interface ServerCheckResults {
  readonly serverVersion: string;
}

export const ServerCheck = kind<MongoInputs, ServerCheckResults>(
  "ServerCheck",
  ["cluster", "mongo"],
  ["serverVersion"],
);

/**
 * The check of a server that exists, before anything of a cutover is done: in each, and for another
 * server.
 */
export const serverCheck: Step<MongoInputs, ServerCheckResults> = {
  ...ServerCheck,
  id: () => "server-check",
  isOncePerCutover: true,
  followsServer: true,
  compares: ["database"],
  forward: async (inputs) => {
    const address = addressIn(inputs);
    return { serverVersion: await requireServer(await databaseAt(address), address.uri) };
  },
};
