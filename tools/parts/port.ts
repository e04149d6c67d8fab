import { randomInt } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import getPort from "get-port";

/**
 * A free TCP port below those of outgoing connections, any of which could take it before its server listens. Drawn at
 * random, because other processes look for one at the same time.
 */
export function freePort(): Promise<number> {
  return getPort({ port: Array.from({ length: 20 }, () => randomInt(20_000, 30_000)) });
}

/** Whether a TCP port of 127.0.0.1 is free. */
export async function isFree(port: number): Promise<boolean> {
  // Both are asked: where another program listens on all addresses, some systems still let us.
  const socket = connect(port, "127.0.0.1");
  const accepts = await succeeds(once(socket, "connect"));
  socket.destroy();
  if (accepts) return false;
  const server = createServer().listen(port, "127.0.0.1");
  if (!(await succeeds(once(server, "listening")))) return false;
  server.close();
  return succeeds(once(server, "close"));
}

const succeeds = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );
