/**
 * A plugin of the engine in the place of `pulumi-resource-mongodbatlas`: it speaks the engine's
 * provider protocol for the types that this project uses, and plays what Atlas does with them. Started
 * by the engine; the folder in ATLAS_ROOM says what to play (`room.ts`).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Server, status, type handleUnaryCall } from "@grpc/grpc-js";
import { main, type Provider } from "@pulumi/pulumi/provider";
import { nameInInstance } from "../../instance";
import { diffProperties } from "./changes";
import { computedOf, entryOf, played } from "./play";
import { noteCall, notesIn, roomOf, type Call } from "./room";
import { plain, type PluginProperties } from "./values";

const room = roomOf(process.env.ATLAS_ROOM ?? "");

/** A call of the engine's, from its URN; the resource's name is the one in its environment. */
function callOf(method: Call["method"], urn: string): Call {
  const [, , types = "", name = ""] = urn.split("::");
  return { method, type: types.split(":").at(-1) ?? "", name: nameInInstance(name) };
}

/** What the plugin keeps of a change that failed, so that the engine tries it again: others stay as they were. */
const keptOnFailure = ["CustomDbRole"];

/** Plays a call to Atlas, unless the room says that this one fails. */
async function call(method: Call["method"], urn: string, properties: PluginProperties) {
  const made = callOf(method, urn);
  const isOneOf = (calls: readonly string[] = []) =>
    calls.some((one) => `${made.method} ${made.type} ${made.name}`.startsWith(one));
  noteCall(room, made);
  await untilAnswered(made, isOneOf);
  const { fail, late, ...settings } = room.settings();
  const isFailure = isOneOf(fail);
  const { id, computed } = isFailure
    ? { id: "", computed: {} }
    : await played(made, plain(properties), settings, room);
  const outs = { ...properties, ...computed };
  if (!isFailure && !isOneOf(late)) return { id, outs };
  const reason = isFailure
    ? `Atlas answers 500 to ${method} ${made.type} ${made.name}`
    : `Atlas has not finished ${method} ${made.type} ${made.name} in time`;
  const isKept = method === "update" && keptOnFailure.includes(made.type);
  throw Object.assign(new Error(reason), isKept && { id, properties: outs, reasons: [reason] });
}

/** An entry of the access list is tried again as long as Atlas answers 500: 45 minutes in the real plugin. */
async function untilAnswered(
  { type }: Call,
  isOneOf: (calls?: readonly string[]) => boolean,
): Promise<void> {
  if (type !== "ProjectIpAccessList") return;
  for (let tries = 0; tries < 20 && isOneOf(room.settings().fail); tries += 1) await sleep(500);
}

/** It has no preview of its own: what is no input is unknown in one, as in the real plugin. */
const provider: Provider = {
  version: "4.16.0",
  check: (_urn, _olds, inputs: PluginProperties) => {
    const { cidrBlock = "0.0.0.0/0" } = plain(inputs);
    const isCidr = typeof cidrBlock !== "string" || isNetwork(cidrBlock);
    const reason = `${String(cidrBlock)} must be defined as a valid cidr`;
    return Promise.resolve({ inputs, failures: isCidr ? [] : [{ property: "cidrBlock", reason }] });
  },
  diff: (_id, urn, olds: PluginProperties, news: PluginProperties) => {
    const changes = diffProperties(callOf("update", urn).type, plain(olds), plain(news));
    return Promise.resolve(changes);
  },
  // What an import and a refresh see.
  read: (id, urn, props: PluginProperties) =>
    Promise.resolve(readFrom(callOf("update", urn), id, props)),
  create: (urn, inputs: PluginProperties) => call("create", urn, inputs),
  update: (_id, urn, _olds, news: PluginProperties) => call("update", urn, news),
  delete: async (_id, urn, props: PluginProperties) => {
    await call("delete", urn, props);
  },
  invoke: (token, inputs: PluginProperties) => {
    if (!token.endsWith(":getAdvancedCluster"))
      throw new Error(`mongodbatlas ${token} is not played`);
    // About a cluster that Atlas does not have, the plugin repeats the question.
    return Promise.resolve({ outputs: room.cluster() ?? inputs });
  },
};

/** Whether a range begins with its network's first address. */
function isNetwork(range: string): boolean {
  const [first = "", bits = ""] = range.split("/");
  const address = first.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return address % 2 ** (32 - Number(bits)) === 0;
}

/** A resource as Atlas has it; what is gone there has no id. Only clusters are imported. */
function readFrom({ type }: Call, id: string, props: PluginProperties) {
  const { username, roleName, ...others } = plain(props) as Readonly<Record<string, string>>;
  const isGone =
    (type === "DatabaseUser" && !notesIn(room.users).has(username ?? "")) ||
    (type === "CustomDbRole" && !notesIn(room.roles).has(roleName ?? "")) ||
    (type === "ProjectIpAccessList" && !notesIn(room.accessList).has(entryOf(others)));
  if (type !== "AdvancedCluster") return isGone ? {} : { id, props };
  const cluster = room.cluster();
  if (!cluster) return {};
  const isImport = Object.keys(props).length === 0;
  const found = { ...(isImport ? cluster : props), ...computedOf(cluster, room.settings()) };
  return { id: "missing ID", props: found, ...(isImport && { inputs: cluster }) };
}

/** Like the real plugin, it asks for a token in Configure, also if nothing is to change. */
// eslint-disable-next-line @typescript-eslint/unbound-method -- called on its server below
const addService = Server.prototype.addService;
Server.prototype.addService = function (definition, implementation) {
  const configure = implementation.configure as handleUnaryCall<unknown, unknown>;
  const checked: typeof configure = (call, callback) => {
    const isRefused = process.env.MONGODB_ATLAS_CLIENT_ID && room.settings().tokenless;
    if (!isRefused) {
      configure.call(implementation, call, callback);
      return;
    }
    callback({ code: status.UNKNOWN, details: "Error initializing provider: no token" });
  };
  addService.call(this, definition, Object.assign(implementation, { configure: checked }));
};

void main(provider, process.argv.slice(2));
