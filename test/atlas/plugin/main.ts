/**
 * A plugin of the engine in the place of `pulumi-resource-mongodbatlas`: it speaks the engine's
 * provider protocol for the types that this project uses, and plays what Atlas does with them. Started
 * by the engine; the folder in ATLAS_ROOM says what to play (`room.ts`).
 */
import { main, type Provider } from "@pulumi/pulumi/provider";
import { changesOf } from "./changes";
import { computedOf, played } from "./play";
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
  const { fail = [], late = [], ...settings } = room.settings();
  noteCall(room, made);
  const isOneOf = (calls: readonly string[]) =>
    calls.some((one) => `${made.method} ${made.type} ${made.name}`.startsWith(one));
  if (isOneOf(fail)) throw new Error(`Atlas answers 500 to ${method} ${made.type} ${made.name}`);
  const { id, computed } = await played(made, plain(properties), settings, room);
  const outs = { ...properties, ...computed };
  if (isOneOf(late)) {
    const reasons = [`Atlas has not finished ${method} ${made.type} ${made.name} in time`];
    throw Object.assign(new Error(reasons[0]), { id, properties: outs, reasons });
  }
  return { id, outs };
}

/** It has no preview of its own: what is no input is unknown in one, as in the real plugin. */
const provider: Provider = {
  version: "4.16.0",
  diff: (_id, urn, olds: Properties, news: Properties) => {
    const changes = changesOf(callOf("update", urn).type, plain(olds), plain(news));
    return Promise.resolve(changes);
  },
  // What an import and a refresh see: of a cluster what Atlas says, of others what the state has.
  read: (id, urn, props: Properties) => {
    if (callOf("update", urn).type !== "AdvancedCluster") return Promise.resolve({ id, props });
    const settings = room.settings();
    const inputs = Object.keys(props).length === 0 ? settings.existing : undefined;
    const known = inputs ?? props;
    if (Object.keys(known).length === 0) return Promise.resolve({});
    const found = { ...known, ...computedOf(plain(known), settings) };
    return Promise.resolve({ id, props: found, ...(inputs && { inputs }) });
  },
  create: (urn, inputs: Properties) => call("create", urn, inputs),
  update: (_id, urn, _olds, news: Properties) => call("update", urn, news),
  delete: async (_id, urn, props: Properties) => {
    await call("delete", urn, props);
  },
};

void main(provider, process.argv.slice(2));
