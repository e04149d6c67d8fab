/** What a file of tests is lent for as long as it runs: a server, a control plane. */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline/promises";
import { inject } from "vitest";
import type { ControlPlane, MongoServer } from "../../tools/parts";
import { type Kubectl, kubectlOf } from "./kubectl";
import type { PoolAnswer, Wanted } from "./pool";

export { type Kubectl, kubectlOf } from "./kubectl";

/** A server without logins, with fail points, and empty when it is borrowed. */
export interface BorrowedServer extends Omit<MongoServer, "pid"> {
  /** Starts it again after `stop`, on its port and with its data. */
  start(): Promise<void>;
  /** Gives it back. */
  release(): Promise<void>;
}

/** A control plane with nothing in it when it is borrowed. */
export interface BorrowedCluster extends Omit<ControlPlane, "stop" | "kubectl">, Kubectl {
  /** A kubectl of its version. */
  readonly program: string;
  /** Gives it back. */
  release(): Promise<void>;
}

/** A server that is not stopped; it has fail points only if they were asked for. */
export type BorrowedDatabases = Omit<BorrowedServer, "start" | "stop">;

/** A server of this project's parts, which its file may stop and start. */
export function borrowServer(): Promise<BorrowedServer> {
  return borrowMongo("server");
}

/** What tests need of the databases that they borrow. */
export interface DatabasesOptions {
  /** Fail points, which the server of TEST_MONGODB_URI need not have. Default: false. */
  readonly failPoints?: boolean;
}

/** Databases on the server of TEST_MONGODB_URI if it is set, so that tests run on a real MongoDB. */
export function borrowDatabases({
  failPoints = false,
}: DatabasesOptions = {}): Promise<BorrowedDatabases> {
  return borrowMongo(failPoints ? "server" : "databases");
}

export async function borrowCluster(): Promise<BorrowedCluster> {
  const { facts, release } = await borrow("cluster");
  const cluster = facts as Omit<ControlPlane, "stop">;
  return { ...cluster, program: cluster.kubectl, ...kubectlOf(cluster), release };
}

async function borrowMongo(kind: "server" | "databases"): Promise<BorrowedServer> {
  const { facts, ask, release } = await borrow(kind);
  const server = facts as Pick<MongoServer, "uri" | "port" | "name" | "kind">;
  const tell = async (what: "stop" | "start") => {
    await ask(what);
  };
  return { ...server, stop: () => tell("stop"), start: () => tell("start"), release };
}

async function borrow(kind: Wanted) {
  const socket = connect(inject("pool"), "127.0.0.1");
  await once(socket, "connect");
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const ask = async (what: string) => {
    socket.write(`${what}\n`);
    const line = await lines.next();
    const answer = JSON.parse(String(line.value)) as PoolAnswer;
    if ("error" in answer) throw new Error(answer.error);
    return answer.has;
  };
  const facts = await ask(kind);
  const release = async () => {
    socket.end();
    await once(socket, "close");
  };
  return { facts, ask, release };
}
