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
 * by naming fence and place (decision 10).
 *
 * @param former the place of the last run, in words
 * @param root the state directory, whose `fence.json` says whether they work on MongoDB; absent: no files
 * @param accepted the setting `advanced.acceptDatabase`
 * @returns the fence that goes along to the new place, in ISO 8601; undefined where there is none
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
      `Going on with ${describePlace(place)}, in the place of ${former}, is refused; nothing was ` +
        `changed. The services work on the former since ${fence.at}, and what they wrote since is ` +
        "there. There are two ways:",
      "By way of files: let cluster, mongoUri and advanced.ledger name the former again, `pulumi up`; " +
        "set storageMode: filesystem, `pulumi up`, which exports what changed; name the other, set " +
        "storageMode: mongo, `pulumi up`.",
      "By a copy: stop worker and web, copy the whole database to the new place, with its ledger and " +
        `checkpoints, set advanced.acceptDatabase: ${wanted}, which is valid for this fence alone, and ` +
        "run `pulumi up` again.",
    ].join("\n"),
  );
}
