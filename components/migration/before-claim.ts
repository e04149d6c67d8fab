import type { LiveMode } from "../kubernetes";
import { readRecord, type LedgerCutover } from "../ledger";
import { addressIn, databaseAt, formatHosts, type ConnectionOptions } from "../mongo";
import { endedCutovers, cutoverInForce, readCutoverRecord, type CutoverRecord } from "../state";
import type { OncePerCutover } from "../step";
import type { MigrationInputs } from "./step-inputs";
import { ClaimStopped, findTakeOver, requireNextCutover } from "./take-over";

/** The inputs of the comparison before a claim. */
export interface ComparedInputs extends MigrationInputs, OncePerCutover {
  /** The state directory with `cutover.json`; absent without files. */
  readonly root?: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** The setting `advanced.acceptDatabase`; not compared. */
  readonly acceptDatabase?: string;
  /** The number of the stack's finished or current cutover; not compared. */
  readonly inForce?: number;
  /** The modes of the worker, which the step looks up itself, or which the stack's own values file states. */
  readonly workerModes?: readonly LiveMode[];
}

/** The results of the comparison that a claim keeps. */
export interface ComparedResults {
  /** The location of the record: `HOSTS/DATABASE/LEDGER`. */
  readonly location: string;
  /** The cutover since which the services that the stack took over work on MongoDB, in ISO 8601; otherwise empty. */
  readonly takenOver: string;
}

/**
 * Compares the stack with the database, `cutover.json` and the worker, before any change.
 *
 * @param known the results of the last run
 * @returns the results and, for a copied database, the cutover to record there
 * @throws ClaimStopped
 */
export async function compareBefore(
  inputs: ComparedInputs,
  known?: Partial<ComparedResults>,
  options?: ConnectionOptions,
): Promise<ComparedResults & { readonly cutoverAt?: string | undefined }> {
  const { ledger, root, cutover, inForce = cutover, workerModes = [] } = inputs;
  const address = addressIn(inputs);
  const database = `${formatHosts(address.uri)}/${address.database}`;
  const location = `${database}/${ledger}`;
  if (root === undefined) {
    // Without files there is no cutover and no export, so the ledger has no cutover either.
    requireNextCutover({ cutover, inForce, ended: 0 });
    return { location, takenOver: "" };
  }
  const disk = await readCutoverRecord(root);
  const record = await readRecord(await databaseAt(address, options), ledger);
  // Also in the next cutover, because an unfinished rollback leaves the services on MongoDB.
  const former = known?.location ?? location;
  const asked = { ...inputs, root, database, location, former };
  const cutoverAt = requireKnownDatabase(asked, disk, record?.cutovers ?? []);
  const ended = Math.max(endedCutovers(disk), record?.endedCutover ?? 0);
  requireNextCutover({ cutover, inForce, ended });
  // Once the stack has the step, its drain knows the worker's mode.
  if (known?.location === undefined) {
    return { location, cutoverAt, takenOver: findTakeOver(disk, { root, workerModes, cutover }) };
  }
  const { at = "" } = cutoverInForce(disk) ?? {};
  return { location, cutoverAt, takenOver: known.takenOver === at ? at : "" };
}

interface AskedDatabase extends Pick<ComparedInputs, "stack" | "acceptDatabase"> {
  readonly root: string;
  /** `HOSTS/DATABASE`. */
  readonly database: string;
  /** The locations of the record, now and in the last run. */
  readonly location: string;
  readonly former: string;
}

/**
 * Returns the cutover to record in a copied database. Without `acceptDatabase`, it refuses a database that does
 * not know the cutover in force in `cutover.json`, because the import would read files that are as old as that cutover.
 * It also refuses a database with another stack's cutover that `cutover.json` does not know, because the services of
 * that stack may work on it.
 *
 * @param cutovers the database's cutovers
 * @throws ClaimStopped
 */
function requireKnownDatabase(
  { root, database, location, former, stack, acceptDatabase }: AskedDatabase,
  cutoverRecord: CutoverRecord | undefined,
  cutovers: readonly LedgerCutover[],
): string | undefined {
  const open = cutoverInForce(cutoverRecord)?.at;
  const drawn = cutovers.map(({ at, stack }) => ({ at: at.toISOString(), stack }));
  const isKnown = drawn.some(({ at }) => at === open);
  const lost = open !== undefined && (location !== former || !isKnown) ? open : undefined;
  const own = [cutoverRecord?.at, ...(cutoverRecord?.former ?? [])];
  const foreign = drawn.filter((one) => one.stack !== stack && !own.includes(one.at));
  const newest = [lost ?? "", ...foreign.map(({ at }) => at)].sort().at(-1) ?? "";
  const wanted = `${newest}@${database}`;
  if (newest === "" || acceptDatabase === wanted) return lost;
  if (lost) {
    throw new ClaimStopped(
      "acceptDatabase",
      location === former
        ? `Refusing database ${location}: it has no record of the cutover of ${lost} in cutover.json, so the services have used another database since.`
        : `Refusing to switch to database ${location}: it is not a copy of ${former}, which the services have used since ${lost}.`,
      [
        "By files: restore cluster, mongoUri and advanced.ledger. Set storageMode: filesystem and run " +
          "`pulumi up`, which exports what changed. Then set the new database and storageMode: mongo, and " +
          "run `pulumi up` again.",
        "By a copy: stop worker and web and copy the whole database, with its ledger and checkpoints. Then " +
          `set advanced.acceptDatabase: ${wanted}, which is valid only for this cutover, and run \`pulumi up\` again.`,
      ],
    );
  }
  const by = foreign.find(({ at }) => at === newest)?.stack ?? "";
  throw new ClaimStopped(
    "acceptDatabase",
    `Refusing database ${location}: stack ${by} has recorded a cutover in it that cutover.json in ${root} does not know, so services of that stack may work on it.`,
    [
      "Set cluster, mongoUri or advanced.ledger to a database of this stack's own, and run `pulumi up` again.",
      `If no service of that stack uses it any more, set advanced.acceptDatabase: ${wanted}, which is valid only for ` +
        "this cutover, and run `pulumi up` again.",
    ],
  );
}
