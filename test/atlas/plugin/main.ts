/**
 * A plugin of the engine in the place of `pulumi-resource-mongodbatlas`: it speaks the engine's
 * provider protocol for the types that this project uses, and plays what Atlas does with them. Started
 * by the engine; the folder in ATLAS_ROOM says what to play (`room.ts`).
 */
import { main, type Provider } from "@pulumi/pulumi/provider";
import { changesOf } from "./changes";
import { played } from "./play";
import { noteCall, roomOf, type Call } from "./room";
import { plain, type Properties } from "./values";

const room = roomOf(process.env.ATLAS_ROOM ?? "");

/** A call of the engine's, from its URN. */
function callOf(method: Call["method"], urn: string): Call {
  const [, , types = "", name = ""] = urn.split("::");
  return { method, type: types.split(":").at(-1) ?? "", name };
}

/** Plays a call to Atlas, unless the room says that this one fails. */
async function call(method: Call["method"], urn: string, properties: Properties) {
  const made = callOf(method, urn);
  const { fail = [], ...settings } = room.settings();
  noteCall(room, made);
  const failing = fail.find((one) => `${made.method} ${made.type} ${made.name}`.startsWith(one));
  if (failing !== undefined) throw new Error(`Atlas answers 500 to ${failing}`);
  return played(made, plain(properties), settings, room);
}

/** It has no preview of its own: what is no input is unknown in one, as in the real plugin. */
const provider: Provider = {
  version: "4.16.0",
  diff: (_id, urn, olds: Properties, news: Properties) => {
    const changes = changesOf(callOf("update", urn).type, plain(olds), plain(news));
    return Promise.resolve(changes);
  },
  create: async (urn, inputs: Properties) => {
    const { id, computed } = await call("create", urn, inputs);
    return { id, outs: { ...inputs, ...computed } };
  },
  update: async (_id, urn, _olds, news: Properties) => {
    const { computed } = await call("update", urn, news);
    return { outs: { ...news, ...computed } };
  },
  delete: async (_id, urn, props: Properties) => {
    await call("delete", urn, props);
  },
};

void main(provider, process.argv.slice(2));
