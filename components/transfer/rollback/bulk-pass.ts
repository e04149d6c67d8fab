import type { Db } from "mongodb";
import { FenceMissing } from "../../ledger";
import { ServerTroubleError } from "../../mongo";
import { type DeltaScope, fenceInForce, readFence, saveDeltaScope } from "../../state";
import { exportFinished } from "../export/export";
import type { ExportSides } from "../export/sides";
import { finishedSinceImport } from "../finished";
import { MongoUnreadableError, type PrimaryOptions, briefSeconds, findPrimary } from "./reach";
import { type Exported, openSides } from "./rollback";
import { changeFence, vouchFor } from "./token";

/** What a rollback exported before the drain, or why it left that to the handover. */
export type BulkExportReport = { readonly exported: Exported } | { readonly left: string };

/**
 * Exports while both services still work on MongoDB, if the fence of the directory is open and the database has it: no
 * service works on the files then. Saves for the handover what is left and the files as they are, also if MongoDB cannot
 * be read.
 *
 * @returns undefined without an open fence
 * @throws MongoUnreadableError if what MongoDB has cannot be proven current: nothing was exported
 * @throws StateFolderError and WriteError as the rollback
 */
export async function exportBulkPass(
  sides: Omit<ExportSides, "database">,
  asked: Omit<PrimaryOptions, "fencedAt" | "ended">,
): Promise<BulkExportReport | undefined> {
  const fence = fenceInForce(await readFence(sides.root));
  if (!fence) return undefined;
  // Without `ended`: the cutover ends only with the drain, which may be refused.
  const options = { ...asked, fencedAt: fence.at };
  const { scope, database, ...report } = await exportBeforeDrain(sides, options);
  const [token] = (await readFence(sides.root))?.tokens ?? [];
  const findFinished = database && finishedSinceImport({ ...sides, database });
  await saveDeltaScope(sides, { runs: [], ...scope, fence: fence.at, token }, findFinished);
  return report;
}

interface BulkExported {
  readonly scope: Pick<DeltaScope, "since" | "runs">;
  readonly database: Db;
}

async function exportBeforeDrain(
  sides: Omit<ExportSides, "database">,
  options: PrimaryOptions & { readonly fencedAt: string },
): Promise<BulkExportReport & Partial<BulkExported>> {
  try {
    const found = await findPrimary(options, briefSeconds).catch((error: unknown) => {
      if (error instanceof MongoUnreadableError) return { unreachable: error.found };
      throw error;
    });
    if (found.unreachable !== undefined) return { left: found.unreachable };
    const { both } = await openSides(sides, found.database, options);
    if (!both || both.isUnconfirmed) return { left: "Without a majority no base can be written." };
    const vouched = await vouchFor(both);
    const { report, left } = await exportFinished(vouched);
    // Of an older copy only the finished runs are compared so far.
    if (!vouched.older) await changeFence(vouched);
    return { exported: report, scope: left, database: vouched.database };
  } catch (error) {
    const isLeft = error instanceof FenceMissing || error instanceof ServerTroubleError;
    if (!isLeft) throw error;
    return { left: error.message };
  }
}
