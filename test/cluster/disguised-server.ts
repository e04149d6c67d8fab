import type { Document } from "mongodb";
import { isHello, proxyTo } from "../mongo/proxy";

/** A real server that is reached under another address and says something else of itself. */
export interface DisguisedServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** What it says: another version, or that it is no member of a replica set. */
export interface Disguise {
  /** Further members of its answers. */
  readonly hello?: Document;
  readonly buildInfo?: Document;
  readonly version?: string;
  readonly standalone?: boolean;
}

/** Lets everything through to a real server and back, but for what a server in its disguise answers otherwise. */
export async function disguisedServer(port: number, disguise: Disguise): Promise<DisguisedServer> {
  const { standalone = false } = disguise;
  const proxy = await proxyTo(port, {
    answerTo: (command, body) => (standalone ? refusal(command, body) : undefined),
    changesOf: (command) => (answer) => {
      if (standalone) {
        delete answer.operationTime;
        delete answer.$clusterTime;
      }
      return isHello(command) || command === "buildInfo"
        ? disguised(answer, disguise, proxy.address)
        : answer;
    },
  });
  return { port: proxy.port, stop: () => proxy.close() };
}

function disguised(
  answer: Document,
  { version, standalone, hello, buildInfo }: Disguise,
  own: string,
): Document {
  if (answer.gitVersion !== undefined) {
    return { ...answer, ...(version && { version }), ...buildInfo };
  }
  if (answer.setName === undefined) return answer;
  if (standalone) return { ...withoutSet(answer), ...hello };
  return { ...answer, hosts: [own], me: own, primary: own, ...hello };
}

/** What a server says of itself without a set, and without a version, so that a driver asks again and again. */
export function withoutSet(answer: Document): Document {
  const ofSet = ["setName", "setVersion", "hosts", "me", "primary", "topologyVersion"];
  return Object.fromEntries(Object.entries(answer).filter(([key]) => !ofSet.includes(key)));
}

/** What a standalone server refuses, with MongoDB's codes and texts (`create_indexes_cmd.cpp`, `replication_coordinator_impl.cpp`). */
function refusal(command: string, body: () => Document): Document | undefined {
  const { commitQuorum, readConcern, txnNumber } = body() as Record<string, Document | undefined>;
  const refused = (code: number, errmsg: string) => ({ ok: 0, code, errmsg });
  if (command.startsWith("replSet")) return refused(76, "not running with --replSet");
  if (commitQuorum !== undefined) return refused(2, "Standalones can't specify commitQuorum");
  if (readConcern?.afterClusterTime !== undefined) {
    return refused(123, "node needs to be a replica set member to use read concern");
  }
  if (txnNumber === undefined) return undefined;
  return refused(20, "Transaction numbers are only allowed on a replica set member or mongos");
}
