/**
 * A `mongod` with a replica set's first member: it takes the options of a real one, answers what is told to the set, and
 * lets the rest through to the server on PLAYED_PORT. It proves what a real one is told, not what that does with it.
 */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Document, MongoClient } from "mongodb";
import { withoutSet } from "../../cluster/disguised-server";
import { isHello, proxyTo } from "../../mongo/proxy";

const names = ["port", "bind_ip", "dbpath", "replSet", "wiredTigerCacheSizeGB", "keyFile"];
const options = Object.fromEntries(names.map((name) => [name, { type: "string" } as const]));
const given = parseArgs({ options }).values;
const { port, bind_ip: host, dbpath: folder = "", replSet, keyFile } = given;
const own = `${host}:${port}`;
const file = join(folder, "config.json");
const config = () => JSON.parse(readFileSync(file, "utf8")) as { members: { host: string }[] };
const isMember = () => existsSync(file) && config().members[0]?.host === own;

let isLoggedIn = keyFile === undefined;

function answerTo(command: string, body: () => Document): Document | undefined {
  isLoggedIn ||= command === "saslContinue";
  if (!command.startsWith("replSet")) return undefined;
  if (!isLoggedIn) return { ok: 0, code: 13, errmsg: "requires authentication" };
  appendFileSync(join(folder, "told"), `${command}\n`);
  if (command === "replSetGetConfig") return { ok: 1, config: config() };
  if (command === "replSetInitiate" && existsSync(file)) {
    return { ok: 0, code: 23, codeName: "AlreadyInitialized", errmsg: "already initialized" };
  }
  const { [command]: wanted, force = false } = body() as { force?: boolean } & Document;
  if ((wanted as Document)._id !== replSet) return { ok: 0, code: 93, errmsg: "another set" };
  if (command === "replSetReconfig" && !force) return { ok: 0, code: 10107, errmsg: "no primary" };
  writeFileSync(file, JSON.stringify(wanted));
  return { ok: 1 };
}

/** Whoever has the key may log in; a real server knows this user by itself. */
async function allowKey(played: string, key: string): Promise<void> {
  if ((statSync(key).mode & 0o77) !== 0) throw new Error("permissions are too open");
  const client = new MongoClient(played);
  const pwd = readFileSync(key, "utf8");
  await client.db("local").command({ createUser: "__system", pwd, roles: [] });
  await client.close();
}

async function main(): Promise<void> {
  const played = Number(process.env.PLAYED_PORT);
  if (keyFile) await allowKey(`mongodb://127.0.0.1:${played}`, keyFile);
  const member = { setName: replSet, hosts: [own], me: own, primary: own };
  const stranger = { isreplicaset: true, isWritablePrimary: false, ismaster: false };
  const hello = (answer: Document) => ({
    ...withoutSet(answer),
    ...(isMember() ? member : stranger),
  });
  const changesOf = (command: string) => (isHello(command) ? hello : undefined);
  const proxy = await proxyTo(played, { answerTo, changesOf }, Number(port));
  process.once("SIGTERM", () => void proxy.close().then(() => process.exit()));
}

void main();
