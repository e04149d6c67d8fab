import { once } from "node:events";
import { connect, createServer } from "node:net";

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
