import { connect, createServer, type Socket } from "node:net";
import { listen, type Listening } from "./listen";

/**
 * Starts a proxy on 127.0.0.1 that delays all bytes in each direction: 25 ms make a round trip of 50 ms. It does not
 * limit the bandwidth. A driver bypasses it for a replica set's members unless its connection string has
 * `directConnection=true`.
 *
 * @param to the server's port on 127.0.0.1
 * @param delayMs of each direction; 0 hands on at once
 */
export async function startDelay(to: number, delayMs: number): Promise<Listening> {
  const open = new Set<Socket>();
  const later = (work: () => void) => {
    if (delayMs === 0) work();
    else setTimeout(work, delayMs);
  };
  const handOn = (from: Socket, target: Socket) => {
    open.add(from.setNoDelay());
    from.on("data", (bytes) => {
      later(() => target.write(bytes));
    });
    from.on("end", () => {
      later(() => target.end());
    });
    from.on("error", () => target.destroy());
    from.on("close", () => open.delete(from));
  };
  const server = createServer((client) => {
    const target = connect(to, "127.0.0.1");
    handOn(client, target);
    handOn(target, client);
  });
  return listen(server, open);
}
