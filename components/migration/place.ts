import type { LedgerFence } from "../ledger";
import { formatHosts, type DatabaseAddress } from "../mongo";
import { fenceInForce, type Fence } from "../state";
import { ClaimStopped } from "./take-over";

interface AskedPlace {
  readonly address: DatabaseAddress;
  /** The ledger's collection. */
  readonly ledger: string;
  /** The state directory with `fence.json`; absent without files. */
  readonly root?: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** The setting `advanced.acceptDatabase`. */
  readonly acceptDatabase?: string;
}

/**
 * Returns the place of the record and, for a copied database, the fence to record there. Without `acceptDatabase`, a
 * database that does not know the open fence of `fence.json` is refused, because the import would read files that are as
 * old as that fence; so is one with another stack's fence that `fence.json` does not know, because the services of that
 * stack may work on it.
 *
 * @param fences those in the database
 * @param known the place of the last run
 * @throws ClaimStopped
 */
export function checkDatabase(
  { address, ledger, root, stack, acceptDatabase }: AskedPlace,
  fence: Fence | undefined,
  fences: readonly LedgerFence[],
  known?: string,
): { readonly place: string; readonly fence?: string } {
  const database = `${formatHosts(address.uri)}/${address.database}`;
  const place = `${database}/${ledger}`;
  // Also in the next cutover, because an unfinished rollback leaves the services on MongoDB.
  const former = known ?? place;
  if (root === undefined) return { place };
  const open = fenceInForce(fence)?.at;
  const drawn = fences.map(({ at, stack }) => ({ at: at.toISOString(), stack }));
  const isKnown = drawn.some(({ at }) => at === open);
  const lost = open !== undefined && (place !== former || !isKnown) ? open : undefined;
  const own = [fence?.at, ...(fence?.former ?? [])];
  const foreign = drawn.filter((one) => one.stack !== stack && !own.includes(one.at));
  const newest = [lost ?? "", ...foreign.map(({ at }) => at)].sort().at(-1) ?? "";
  const wanted = `${newest}@${database}`;
  if (newest === "" || acceptDatabase === wanted) return { place, ...(lost && { fence: lost }) };
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
