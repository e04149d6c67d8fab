import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";

/** A server on 127.0.0.1 that is up. */
export interface Listening {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Lets a server listen on a free port of 127.0.0.1.
 *
 * @param open its connections, which `stop` closes
 */
export async function listen(server: Server, open: ReadonlySet<Socket>): Promise<Listening> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
