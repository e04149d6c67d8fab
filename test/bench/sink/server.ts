import { createServer, type Socket } from "node:net";
import { BSON } from "mongodb";
import { Databases } from "./commands";
import { listen, type Listening } from "./listen";
import { readMessages } from "./wire";

/**
 * Starts a server on 127.0.0.1 that speaks MongoDB's protocol and keeps everything in memory, so that a
 * measurement of 10^5 runs shows what the client does, not what a server does. A tool of the bench: no
 * disk, no validators, unique by `_id` only, no authorization, no transactions, and of the query
 * language what import, export and verification send. What it does not know is an error.
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
