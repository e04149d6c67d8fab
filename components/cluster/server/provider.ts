import { databaseAt } from "../../connection";
import { countCutover, mongoSide, type CutoverInputs } from "../../dynamic";
import { requireServer } from "./check";

/** Outputs of a check: the server's version as it was found, such as `8.0.4`. */
export interface ServerCheckResults {
  readonly serverVersion: string;
}

/**
 * The check of a server that exists, before anything of a cutover is done. It runs on create, for
 * another server and in each cutover; never in filesystem mode.
 */
export const providers = {
  ServerCheck: mongoSide<CutoverInputs, ServerCheckResults>({
    results: ["serverVersion"],
    id: () => "server-check",
    check: countCutover,
    differs: (applied, inputs) =>
      applied.cutover !== inputs.cutover || applied.database !== inputs.database,
    apply: async ({ uri = "", database = "" }) => ({
      serverVersion: await requireServer(await databaseAt({ uri, database }), uri),
    }),
  }),
};
