import { statfs } from "node:fs/promises";
import type { Db } from "mongodb";
import { inspectApplication, inspectServer } from "../components/cluster/server";
import { describeDataIssue, foreseeClaim, plan, previewScan } from "../components/migration";
import { sameServer, type DatabaseAddress } from "../components/mongo";
import { findUnfitState, inspectServices } from "../components/rollout";
import { schemaOptionsOf, type ValidSettings } from "../components/settings";
import {
  findingsFrom,
  formatCount,
  formatSize,
  nameFirst,
  warning,
  type Code,
  type Finding,
} from "../components/text";
import { findPlugin, installHint, mayDownload, pluginsOf, type Plugin } from "../components/step";
import { readCutoverRecord, sourceOfTruth, type StateAddress } from "../components/state";
import { sumCounts } from "../components/transfer";
import { lookSeconds, type CommonOptions } from "./command";
import { connect, findUri, parseAddress } from "./inputs";
import { countUnfinished, measureState } from "./plan-facts";
import { runPulumi } from "./pulumi";
import { sourcePath, stateSides } from "./state";

/** What a check saw, in a few words, and what is wrong with it. */
export type Seen = readonly [seen: string, findings?: readonly Finding[]];

/** A check by its name; an error becomes a finding with this code. */
export type Check = readonly [name: string, code: Code, look: () => Promise<Seen> | Seen];

/** As `requiredPulumiVersion` in Pulumi.yaml; a test compares both. */
export const oldestPulumi = "3.200.0";

/** Pulumi and the plugins that the settings need, beside Node.js, which refuses to run a command if it is too old. */
export function checkTools(settings: Partial<ValidSettings> = {}): Check[] {
  return [
    ["Node.js", "tool-unfit", () => [process.versions.node]],
    ["Pulumi", "tool-unfit", findPulumi],
    ...pluginsOf(settings).map((name): Check => {
      return [`plugin ${name}`, "tool-unfit", () => judgePlugin(findPlugin(name))];
    }),
  ];
}

async function findPulumi(): Promise<Seen> {
  const version = (await runPulumi(["version"])).trim().replace(/^v/, "");
  const isOld = version.localeCompare(oldestPulumi, undefined, { numeric: true }) < 0;
  const text = `Pulumi ${version} is too old. Install ${oldestPulumi} or later (https://www.pulumi.com/docs/install/).`;
  return [version, isOld ? [{ severity: "stop", code: "tool-unfit", text }] : []];
}

function judgePlugin(plugin: Plugin): Seen {
  const { version, file } = plugin;
  if (file !== undefined) return [`${version}, ${file}`];
  const text = `It is neither on PATH nor below PULUMI_HOME. ${installHint(plugin)}`;
  const severity = mayDownload() ? "warn" : "stop";
  const missing = severity === "warn" ? `\`pulumi up\` downloads it. ${text}` : text;
  return [version, [{ severity, code: "tool-unfit", text: missing }]];
}

/** What `pulumi up` would stop for once it has imported everything; no reason on MongoDB, where files are no truth. */
async function findUnreadable(address: StateAddress): Promise<string | undefined> {
  if (sourceOfTruth(await readCutoverRecord(address.root)) === "mongo") return undefined;
  const { unreadable } = await countUnfinished(address);
  const named = nameFirst(unreadable, 3);
  return unreadable.length > 0
    ? `${formatCount(unreadable.length, "run")} cannot be read and may be unfinished: ${named}. Repair the files, or move them out of the directory.`
    : undefined;
}

/** The state directory, and free disk on both sides, if the engine and not a Job works on it. */
export function checkState(settings: ValidSettings, reached: Reached): Check[] {
  const root = sourcePath(settings);
  const { jobs, approvals } = settings;
  if (root === undefined || jobs) return [];
  const sides = stateSides(settings, root);
  const state = async (): Promise<Seen> => {
    const asked = { ...sides, approvals, direction: "forward" } as const;
    const unfit = (await findUnfitState(asked, "permission")) ?? (await findUnreadable(sides));
    return [sides.root, findingsFrom(unfit, { severity: "stop", code: "state-unfit" })];
  };
  const disk = async (): Promise<Seen> => {
    const { bavail, bsize } = await statfs(sides.root).catch(() => ({ bavail: NaN, bsize: 0 }));
    // Its user may not be allowed to ask.
    const stats = await reached.then((found) => found?.database.stats()).catch(() => undefined);
    const ofMongo = Number(stats?.fsTotalSize) - Number(stats?.fsUsedSize);
    const free = Object.entries({ "the state directory": bavail * bsize, MongoDB: ofMongo });
    const known = free.filter(([, bytes]) => !Number.isNaN(bytes));
    const needed = sumCounts(await measureState(sides), "bytes");
    const seen = known.map(([place, bytes]) => `${formatSize(bytes)} for ${place}`).join(", ");
    const text = `The state takes ${formatSize(needed)}, and free are only ${seen}. Make room before the cutover.`;
    const isShort = known.some(([, bytes]) => bytes < needed);
    return [seen || "not known", isShort ? [warning("disk-space", text)] : []];
  };
  return [
    ["state directory", "state-unfit", state],
    ["free disk", "disk-space", disk],
  ];
}

interface Found {
  readonly address: DatabaseAddress;
  readonly database: Db;
}

/** The database, once it is reached; undefined if the stack creates it, or only Jobs reach it. */
type Reached = Promise<Found | undefined>;

/** Connects as the user of `mongoUri`. @throws UsageError, ConnectionError */
export async function reach(options: CommonOptions, settings: ValidSettings): Reached {
  const found = await findUri(options);
  const isCreated = "missing" in found && settings.cluster.kind !== "existing";
  if (isCreated || settings.jobs) return undefined;
  const address = parseAddress(found, settings);
  return { address, database: await connect(options, address, lookSeconds) };
}

/** The server with both users, and the documents in it. */
export function checkMongo(settings: ValidSettings, reached: Reached): Check[] {
  const { mongo, advanced, migration } = settings;
  const inMongo = (name: string, look: (found: Found) => Promise<Seen>): Check => {
    const unseen: Seen = ["not seen from here: the stack creates it, or only Jobs reach it"];
    const seen = async () => (await reached.then((found) => found && look(found))) ?? unseen;
    return [name, "mongo-unreachable", seen];
  };
  return [
    inMongo("MongoDB", async ({ database, address }) => {
      const { version, findings } = await inspectServer(database, address.uri, mongo.collections);
      return [`${version}; the user of ${address.source ?? "mongoUri"} logs in`, findings];
    }),
    inMongo("services' user", (found) => findUser(settings, found)),
    inMongo("documents", async ({ database }) => {
      const asked = { schema: schemaOptionsOf(settings), ledger: advanced.ledger };
      const { issues } = await plan(database, { ...asked, scan: previewScan });
      const severity = migration.onDataIssue === "fail" ? "stop" : "warn";
      const found = issues.map((one): Finding => {
        const text = `Fix these documents (docs/migration.md#data-issues). ${describeDataIssue(one)}`;
        return { severity, code: "data-issue", text };
      });
      return ["none blocks an index or a validator", found];
    }),
  ];
}

async function findUser(settings: ValidSettings, { address, database }: Found): Promise<Seen> {
  const { mongo, appMongoUri, mongoUri, rollout } = settings;
  const secret = rollout?.connectionSecret.name;
  if (secret !== undefined && !appMongoUri) return [`not known: your Secret ${secret} has it`];
  const ownUri = appMongoUri ?? mongoUri;
  if (ownUri === undefined) return ["not checked: the settings have no appMongoUri to read"];
  const { uri } = address;
  const own = { uri: ownUri, database: address.database };
  const names = [...Object.values(mongo.collections), ...(mongo.extraCollections ?? [])];
  const existing = (await database.listCollections().toArray()).map(({ name }) => name);
  const found = await inspectApplication(own, names, !sameServer(uri, own.uri), [], existing);
  return ["logs in and has its privileges", found];
}

/** The number of the cutover, and the database: whether another stack cut over to it, or `cutover.json` knows another. */
export function checkCutover(settings: ValidSettings, stack: string, reached: Reached): Check[] {
  const { cutover, storageMode = "mongo", advanced, jobs } = settings;
  const root = sourcePath(settings);
  if (root === undefined || jobs) return [];
  const look = async (): Promise<Seen> => {
    const inForce = await findNumber(stack);
    const isStale = storageMode === "mongo" && inForce !== undefined && cutover < inForce;
    const text = `The settings name cutover ${cutover}, which this stack has ended. Set cutover: ${inForce}.`;
    const stale: Finding[] = isStale ? [{ severity: "stop", code: "other-cutover", text }] : [];
    const found = await reached.catch(() => undefined);
    const asked = {
      direction: "forward",
      ...found?.address,
      ledger: advanced.ledger,
      root,
      stack: `taskrunner-storage/${stack.split("/").at(-1) ?? ""}`,
      cutover,
      ...(inForce !== undefined && { inForce }),
      ...(advanced.acceptDatabase !== undefined && { acceptDatabase: advanced.acceptDatabase }),
    } as const;
    return [`number ${cutover}`, [...stale, ...(found ? await foreseeClaim(asked) : [])]];
  };
  return [["cutover", "other-cutover", look]];
}

/** The number that a stack's next cutover has, or the one in force; undefined before its first `pulumi up`. */
async function findNumber(stack: string): Promise<number | undefined> {
  const named = stack === "" ? [] : ["--stack", stack];
  const text = await runPulumi(["stack", "output", "--json"], named).catch(() => "{}");
  const { cutover } = JSON.parse(text) as { readonly cutover?: unknown };
  return typeof cutover === "number" ? cutover : undefined;
}

/** The services and their cluster, with this account's rights on it. */
export function checkServices(settings: ValidSettings, stack: string): Check[] {
  const { rollout, storageMode = "mongo" } = settings;
  if (!rollout) return [];
  const look = async (): Promise<Seen> => {
    const findings = await inspectServices({ ...settings, rollout, storageMode }, stack);
    const modes = findings.find(({ code }) => code === "services-found");
    return [modes?.text ?? "not seen (confirm: none)", findings];
  };
  return [["services", "cluster-not-checked", look]];
}
