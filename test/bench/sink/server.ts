import { createServer, type Socket } from "node:net";
import { BSON } from "mongodb";
import { Databases } from "./commands";
import { listen, type Listening } from "./listen";
import { readMessages } from "./wire";

/**
 * Starts a server on 127.0.0.1 that speaks MongoDB's protocol and keeps everything in memory, so that a measurement of
 * 10^5 runs shows the client's cost. It has no disk, validators, authorization or transactions, `_id` is its only
 * unique key, and it knows only the queries of import, export and verification. Anything else is an error.
 */
export async function startSink(): Promise<Listening> {
  const databases = new Databases();
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket.setNoDelay());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
    readMessages(socket, (message) => {
      try {
        message.reply(databases.answer(message));
      } catch (error) {
        const errmsg = error instanceof Error ? error.message : String(error);
        message.reply(BSON.serialize({ ok: 0, errmsg, code: 1, codeName: "InternalError" }));
      }
    });
  });
  return listen(server, open);
}
