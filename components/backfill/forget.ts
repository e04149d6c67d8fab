import { Checkpoints } from "./checkpoints";
import { ServerTroubleError } from "../mongo";
import type { BothSides } from "./sides";
import type { VerificationReport } from "./verify";

/**
 * Where a verification does not hold, makes the next import read every file again: a file's
 * checkpoint says that its records are in MongoDB, which is not to be trusted any more once one is
 * not. Where MongoDB will not do it the report says so: what was found is not lost with it.
 */
export async function forgetWhereMissing(
  { database, checkpoints, retries }: BothSides,
  report: VerificationReport,
): Promise<VerificationReport> {
  if (report.holds) return report;
  try {
    await new Checkpoints(database, checkpoints, retries).forget();
    return report;
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    return { ...report, notForgotten: error.message };
  }
}
