import type { LiveMode } from "../kubernetes";
import { readRecord, type LedgerFence } from "../ledger";
import { addressIn, databaseAt, formatHosts, type ConnectionOptions } from "../mongo";
import { endedCutovers, fenceInForce, readFence, type Fence } from "../state";
import type { OncePerCutover } from "../step";
import type { MigrationInputs } from "./step-inputs";
import { ClaimStopped, findTakeOver, requireNextCutover } from "./take-over";

/** What is compared before a claim. */
export interface ComparedInputs extends MigrationInputs, OncePerCutover {
  /** The state directory with `fence.json`; absent without files. */
  readonly root?: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** The setting `advanced.acceptDatabase`; not compared. */
  readonly acceptDatabase?: string;
  /** The number of the cutover that the stack has made or is making; not compared. */
  readonly inForce?: number;
  /** What the worker works on, which the step looks up itself, or what the stack's own values file states. */
  readonly workerModes?: readonly LiveMode[];
}

/** What a claim remembers of it. */
export interface ComparedResults {
  /** The place of the record: `HOSTS/DATABASE/LEDGER`. */
  readonly place: string;
  /** The fence since which the services that the stack took over work on MongoDB, in ISO 8601; else empty. */
  readonly takenOver: string;
}

/**
 * Compares the stack with the database, `fence.json` and the worker, before any change.
 *
 * @param known the results of the last run
 * @returns the results and, for a copied database, the fence to record there
 * @throws ClaimStopped
 */
export async function compareBefore(
  inputs: ComparedInputs,
  known?: Partial<ComparedResults>,
  options?: ConnectionOptions,
): Promise<ComparedResults & { readonly fence?: string | undefined }> {
  const { ledger, root, cutover, inForce = cutover, workerModes = [] } = inputs;
  const address = addressIn(inputs);
  const database = `${formatHosts(address.uri)}/${address.database}`;
  const place = `${database}/${ledger}`;
  if (root === undefined) {
    // Without files there is no fence, and no rollback exports, so none is recorded in the ledger either.
    requireNextCutover({ cutover, inForce, ended: 0 });
    return { place, takenOver: "" };
  }
  const disk = await readFence(root);
  const record = await readRecord(await databaseAt(address, options), ledger);
  // Also in the next cutover, because an unfinished rollback leaves the services on MongoDB.
  const former = known?.place ?? place;
  const asked = { ...inputs, root, database, place, former };
  const fence = requireKnownDatabase(asked, disk, record?.fences ?? []);
  const ended = Math.max(endedCutovers(disk), record?.endedCutover ?? 0);
  requireNextCutover({ cutover, inForce, ended });
  // Once the stack has the step, its drain knows what the worker works on.
  if (known?.place === undefined) {
    return { place, fence, takenOver: findTakeOver(disk, { root, workerModes, cutover }) };
  }
  const { at = "" } = fenceInForce(disk) ?? {};
  return { place, fence, takenOver: known.takenOver === at ? at : "" };
}

interface AskedDatabase extends Pick<ComparedInputs, "stack" | "acceptDatabase"> {
  readonly root: string;
  /** `HOSTS/DATABASE`. */
  readonly database: string;
  /** The places of the record, now and in the last run. */
  readonly place: string;
  readonly former: string;
}

/**
 * Returns for a copied database the fence to record there. Without `acceptDatabase`, a database that does not know the
 * open fence of `fence.json` is refused, because the import would read files that are as old as that fence; so is one
 * with another stack's fence that `fence.json` does not know, because the services of that stack may work on it.
 *
 * @param fences those in the database
 * @throws ClaimStopped
 */
function requireKnownDatabase(
  { root, database, place, former, stack, acceptDatabase }: AskedDatabase,
  fence: Fence | undefined,
  fences: readonly LedgerFence[],
): string | undefined {
  const open = fenceInForce(fence)?.at;
  const drawn = fences.map(({ at, stack }) => ({ at: at.toISOString(), stack }));
  const isKnown = drawn.some(({ at }) => at === open);
  const lost = open !== undefined && (place !== former || !isKnown) ? open : undefined;
  const own = [fence?.at, ...(fence?.former ?? [])];
  const foreign = drawn.filter((one) => one.stack !== stack && !own.includes(one.at));
  const newest = [lost ?? "", ...foreign.map(({ at }) => at)].sort().at(-1) ?? "";
  const wanted = `${newest}@${database}`;
  if (newest === "" || acceptDatabase === wanted) return lost;
  if (lost) {
    throw new ClaimStopped(
      "acceptDatabase",
      place === former
        ? `Refusing database ${place}: it has no record of the fence of ${lost} in fence.json, so the services have used another database since.`
        : `Refusing to switch to database ${place}: it is not a copy of ${former}, which the services have used since ${lost}.`,
      [
        "By files: restore cluster, mongoUri and advanced.ledger. Set storageMode: filesystem and run " +
          "`pulumi up`, which exports what changed. Then set the new database and storageMode: mongo, and " +
          "run `pulumi up` again.",
        "By a copy: stop worker and web and copy the whole database, with its ledger and checkpoints. Then " +
          `set advanced.acceptDatabase: ${wanted}, which is valid only for this fence, and run \`pulumi up\` again.`,
      ],
    );
  }
  const by = foreign.find(({ at }) => at === newest)?.stack ?? "";
  throw new ClaimStopped(
    "acceptDatabase",
    `Refusing database ${place}: stack ${by} has drawn a fence in it that fence.json in ${root} does not know, so services of that stack may work on it.`,
    [
      "Set cluster, mongoUri or advanced.ledger to a database of this stack's own, and run `pulumi up` again.",
      `If no service of that stack uses it any more, set advanced.acceptDatabase: ${wanted}, which is valid only for ` +
        "this fence, and run `pulumi up` again.",
    ],
  );
}
