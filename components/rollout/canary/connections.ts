import type { Document } from "mongodb";
import { databaseAt, ownAppName, previewTimeout } from "../../mongo";

/**
 * The client addresses that are connected as a connection string's user, without this program's own. Undefined if the
 * server does not say: a router, a refusal, or no answer.
 */
async function findClients(uri: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const admin = await databaseAt({ uri, database: "admin" }, previewTimeout);
    const { inprog } = await admin.command({ currentOp: 1, $ownOps: true, $all: true });
    const all = (inprog as Document[]).filter(({ client }) => typeof client === "string");
    const isOwn = ({ appName, clientMetadata }: Document) =>
      [appName, (clientMetadata as Metadata)?.application?.name].includes(ownAppName);
    // A server that does not list this connection does not list web's either.
    if (!all.some(isOwn)) return undefined;
    return new Set(all.filter((one) => !isOwn(one)).map(({ client }) => String(client)));
  } catch {
    return undefined;
  }
}

type Metadata = { readonly application?: { readonly name?: string } } | undefined;

/**
 * Watches for new connections. The returned function reports whether one was seen; undefined if the server does not
 * say.
 */
export async function watchConnections(uri: string | undefined) {
  const before = uri === undefined ? undefined : await findClients(uri);
  let isSeen = false;
  return async (): Promise<boolean | undefined> => {
    if (isSeen || uri === undefined || before === undefined) return isSeen || undefined;
    const now = await findClients(uri);
    isSeen = [...(now ?? [])].some((client) => !before.has(client));
    return now && isSeen;
  };
}
