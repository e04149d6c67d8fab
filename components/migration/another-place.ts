import { formatHosts } from "../mongo";
import { readFence } from "../state";

/** Where the migration's record is. */
export interface Place {
  /** Secret. */
  readonly uri: string;
  readonly database: string;
  /** The ledger's collection. */
  readonly ledger: string;
}

/** A place in words with no secret: `HOSTS/DATABASE/LEDGER`. */
export function describePlace({ uri, database, ledger }: Place): string {
  return `${formatHosts(uri)}/${database}/${ledger}`;
}

/** Another database, or another ledger, while the services work on MongoDB; nothing was changed. */
export class PlaceRefused extends Error {
  override readonly name = "PlaceRefused";
}

/**
 * Makes sure that the services do not work on MongoDB elsewhere: an import reads files as old as the
 * cutover, so that what they wrote since would not be there. A site that has copied the database says so
 * by naming fence and place (decision 10). Returns the fence that goes along to the new place.
 *
 * @param former the place of the last run, in words
 * @param root the state directory, whose `fence.json` says whether they work on MongoDB; absent: no files
 * @param accepted the setting `advanced.acceptDatabase`
 * @throws PlaceRefused
 */
export async function requirePlace(
  place: Place,
  former: string,
  root: string | undefined,
  accepted: string | undefined,
): Promise<string | undefined> {
  if (describePlace(place) === former || root === undefined) return undefined;
  const fence = await readFence(root);
  if (!fence || fence.endedAt !== undefined) return undefined;
  const wanted = `${fence.at}@${formatHosts(place.uri)}/${place.database}`;
  if (accepted === wanted) return fence.at;
  throw new PlaceRefused(
    [
      `Refusing to switch to database ${describePlace(place)}: it is not a copy of ${former}, which the ` +
        `services have used since ${fence.at}. Nothing was changed. There are two ways:`,
      "By files: restore cluster, mongoUri and advanced.ledger. Set storageMode: filesystem and run " +
        "`pulumi up`, which exports what changed. Then set the new database and storageMode: mongo, and " +
        "run `pulumi up` again.",
      "By a copy: stop worker and web and copy the whole database, with its ledger and checkpoints. Then " +
        `set advanced.acceptDatabase: ${wanted}, which is valid only for this fence, and run \`pulumi up\` again.`,
    ].join("\n"),
  );
}
