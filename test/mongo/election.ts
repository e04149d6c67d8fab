import type { Document } from "mongodb";
import { isHello, proxyTo, type ProxyRules } from "./proxy";

/** A server's second address, on which elections can be played. */
export interface Election {
  /** The connection string, without a user; a driver sees a replica set of one behind it. */
  readonly uri: string;
  readonly port: number;
  /** How many were played so far. */
  readonly played: number;
  /** Plays one now: connections close, and for so long there is no primary. */
  begin(seconds: number): void;
  /**
   * Plays one in the middle of the next command of a name: the server does it and its answer is lost, or
   * it is not done and answered with a code, such as 11602. Several are played one after the other.
   */
  beginOn(command: string, seconds: number, how: "answer lost" | number): void;
  close(): Promise<void>;
}

/**
 * Puts a proxy before a server that plays elections as a driver sees one: connections close; `hello`
 * answers as a secondary that knows no primary; what needs a primary is refused (10107); then the member
 * is the primary again. The driver's own monitoring finds out all of it, because the member names the
 * proxy as the one host of its set.
 *
 * @param uri the server's connection string, of one host and without TLS
 */
export async function playElection(uri: string): Promise<Election> {
  let isOn = false;
  let played = 0;
  let timer: NodeJS.Timeout | undefined;
  const due: { command: string; seconds: number; how: "answer lost" | number }[] = [];

  const begin = (seconds: number) => {
    played += 1;
    isOn = true;
    // Behind the answer that is being written to one of them.
    setImmediate(() => {
      proxy.closeConnections();
    });
    clearTimeout(timer);
    timer = setTimeout(() => (isOn = false), seconds * 1_000);
  };
  const rules: ProxyRules = {
    changesOf: (command) =>
      isHello(command) ? (answer) => memberOf(answer, proxy.address, isOn) : undefined,
    answerTo: (command) => {
      if (isOn) return needsPrimary(command) ? refusal(command, 10107) : undefined;
      const [next] = due;
      if (next?.command !== command || next.how === "answer lost") return undefined;
      begin(next.seconds);
      due.shift();
      return refusal(command, next.how);
    },
    answered: (command) => {
      const [next] = due;
      const isLost = next?.command === command && next.how === "answer lost";
      if (!isLost) return !isOn || !needsPrimary(command);
      begin(next.seconds);
      due.shift();
      return false;
    },
  };
  const server = new URL(uri);
  const proxy = await proxyTo(Number(server.port), rules);
  return {
    uri: `mongodb://${proxy.address}/?heartbeatFrequencyMS=500&minHeartbeatFrequencyMS=50`,
    port: proxy.port,
    get played() {
      return played;
    },
    begin,
    beginOn: (command, seconds, how) => {
      due.push({ command, seconds, how });
    },
    close: async () => {
      clearTimeout(timer);
      await proxy.close();
    },
  };
}

/** Commands that any member answers: those of a connection, and of this test's own. */
const ofAnyMember = /^(ping|buildInfo|sasl\w+|endSessions|configureFailPoint)$/i;

const needsPrimary = (command: string) => !isHello(command) && !ofAnyMember.test(command);

/** What a member says of itself; without a topology's version a driver asks it again and again. */
function memberOf(answer: Document, own: string, isElection: boolean): Document {
  const member: Document = { ...answer, hosts: [own], me: own, primary: own };
  delete member.topologyVersion;
  if (!isElection) return member;
  delete member.primary;
  return { ...member, isWritablePrimary: false, ismaster: false, secondary: true };
}

const retryable = ["insert", "update", "delete", "findAndModify"];

/** As a member answers that is not the primary, or that stops being it. */
function refusal(command: string, code: number): Document {
  const labels = retryable.includes(command) ? { errorLabels: ["RetryableWriteError"] } : {};
  return { ok: 0, errmsg: "not primary: an election is played", code, ...labels };
}
