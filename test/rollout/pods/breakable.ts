import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { freePort } from "../../../tools/parts";

/** A way to a port of this machine that can be cut and restored; it works at first. */
export async function breakable(to: number) {
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const target = connect(to, "127.0.0.1");
    for (const [one, other] of [
      [from, target],
      [target, from],
    ] as const) {
      sockets.add(one);
      one.pipe(other).on("error", () => one.destroy());
    }
  });
  const port = await freePort();
  const listen = async () => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  await listen();
  return {
    port,
    cut: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
    restore: listen,
  };
}
