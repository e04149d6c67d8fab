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

/** Lets everything through to a real server and back, but for its answers to hello and buildInfo. */
export async function disguisedServer(port: number, disguise: Disguise): Promise<DisguisedServer> {
  const proxy = await proxyTo(port, {
    changesOf: (command) =>
      isHello(command) || command === "buildInfo"
        ? (answer) => disguised(answer, disguise, proxy.address)
        : undefined,
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
  const member: Document = { ...answer, hosts: [own], me: own, primary: own, ...hello };
  if (!standalone) return member;
  const members = ["setName", "setVersion", "hosts", "me", "primary"];
  return Object.fromEntries(
    Object.entries({ ...answer, ...hello }).filter(([key]) => !members.includes(key)),
  );
}
