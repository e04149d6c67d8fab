import type { Db } from "mongodb";
import { CutoverMissing } from "../../ledger";
import { ServerTroubleError } from "../../mongo";
import { type DeltaScope, cutoverInForce, readCutoverRecord, saveDeltaScope } from "../../state";
import { exportFinished } from "../export/export";
import type { ExportSides } from "../export/sides";
import { finishedSinceImport } from "../finished";
import type { Report } from "../reports";
import { MongoUnreadableError, type PrimaryOptions, briefSeconds, findPrimary } from "./reach";
import { openSides } from "./rollback";
import { changeCutoverRecord, vouchFor } from "./token";

/** The results of a rollback's export before the drain, or the reason why it was left to the handover. */
export type BulkExportResults = { readonly exported: Report<"export"> } | { readonly left: string };

/**
 * Exports while both services still work on MongoDB, if the directory's cutover is in force and the database has it: no
 * service works on the files then. Saves the delta scope and the files' stats for the handover, even if MongoDB cannot
 * be read.
 *
 * @returns undefined without a cutover in force
 * @throws MongoUnreadableError if no current primary is confirmed: nothing was exported
 * @throws StateFolderError and WriteError as the rollback
 */
export async function exportBulkPass(
  sides: Omit<ExportSides, "database">,
  asked: Omit<PrimaryOptions, "cutoverAt" | "ended">,
): Promise<BulkExportResults | undefined> {
  const cutoverRecord = cutoverInForce(await readCutoverRecord(sides.root));
  if (!cutoverRecord) return undefined;
  // Without `ended`: the cutover ends only after the drain, which may be refused.
  const options = { ...asked, cutoverAt: cutoverRecord.at };
  const { scope, database, ...report } = await exportBeforeDrain(sides, options);
  const { token } = (await readCutoverRecord(sides.root)) ?? {};
  const findFinished = database && finishedSinceImport({ ...sides, database });
  await saveDeltaScope(
    sides,
    { runs: [], ...scope, cutoverAt: cutoverRecord.at, token },
    findFinished,
  );
  return report;
}

interface BulkExported {
  readonly scope: Pick<DeltaScope, "since" | "runs">;
  readonly database: Db;
}

async function exportBeforeDrain(
  sides: Omit<ExportSides, "database">,
  options: PrimaryOptions & { readonly cutoverAt: string },
): Promise<BulkExportResults & Partial<BulkExported>> {
  try {
    const found = await findPrimary(options, briefSeconds).catch((error: unknown) => {
      if (error instanceof MongoUnreadableError) return { unreachable: error.found };
      throw error;
    });
    if (found.unreachable !== undefined) return { left: found.unreachable };
    const { both } = await openSides(sides, found.database, options);
    if (!both || both.isUnconfirmed)
      return { left: "Without a majority no merge base can be written." };
    const vouched = await vouchFor(both);
    const { report, left } = await exportFinished(vouched);
    // In an older copy, only the finished runs have been compared so far.
    if (!vouched.older) await changeCutoverRecord(vouched);
    return { exported: report, scope: left, database: vouched.database };
  } catch (error) {
    const isLeft = error instanceof CutoverMissing || error instanceof ServerTroubleError;
    if (!isLeft) throw error;
    return { left: error.message };
  }
}
