import { once } from "node:events";
import { connect, createServer } from "node:net";

/** Whether nobody listens on a TCP port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  // Both are asked: where another program listens on all addresses, some systems still let us.
  return !(await accepts(port)) && (await canListen(port));
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}
