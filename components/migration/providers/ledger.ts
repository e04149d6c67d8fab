import { mongoSide } from "../../dynamic";
import { DataIssues } from "../errors";
import type { ClaimInputs, CompletionInputs } from "../resources/inputs";
import { claim, complete } from "../ledger";
import { plan } from "../plan";
import { databaseOf, differsIn } from "./shared";

/** Looks for data issues, then claims the record: until here nothing was changed. */
export const ledgerClaim = mongoSide<ClaimInputs, object>({
  results: [],
  id: ({ ledger }) => `${ledger}-claim`,
  differs: differsIn("database", "ledger", "checksum", "stack"),
  apply: async (inputs) => {
    const db = await databaseOf(inputs);
    if (inputs.onDataIssue === "fail") {
      const { issues } = await plan(db, inputs);
      if (issues.length > 0) throw new DataIssues(db.databaseName, issues);
    }
    await claim(db, inputs.ledger, inputs);
    return {};
  },
});

/** Completes the record; `appliedAt` is in ISO 8601, UTC. */
export const ledgerCompletion = mongoSide<CompletionInputs, { appliedAt: string }>({
  results: ["appliedAt"],
  id: ({ ledger }) => ledger,
  differs: differsIn("database", "ledger", "checksum"),
  apply: async (inputs) => {
    const finished = await complete(await databaseOf(inputs), inputs.ledger, inputs.checksum);
    return { appliedAt: finished.toISOString() };
  },
});
