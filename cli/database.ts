import { Option } from "commander";
import type { Db } from "mongodb";
import { requireServer } from "../components/cluster/server";
import {
  apply,
  describePlan,
  describeStatus,
  lastCutoverFile,
  mongoshScript,
  nothingPlanned,
  plan,
  planAsJson,
  previewScan,
  status,
  type PlanOptions,
} from "../components/migration";
import { ClusterError, KubeconfigError } from "../components/kubernetes";
import { ConnectionError, formatHosts } from "../components/mongo";
import {
  describeApart,
  describeFinalPassLeft,
  describeModes,
  findLiveModes,
} from "../components/rollout";
import { isUnseen, schemaOptionsOf, uriFacts, type CommandSettings } from "../components/settings";
import { findFinalPassLeft } from "../components/state";
import { formatSection, formsSection } from "../components/transfer";
import { command, lookSeconds, usualSeconds, type CommonOptions } from "./command";
import { connect, findUri, loadSettings, parseAddress } from "./inputs";
import type { JsonValue } from "./json";
import { print } from "./output";
import { planFacts } from "./plan-facts";
import { findForms, findJobs } from "./state";

const group = "Database";

/** `status`: shows the state of a database, and what the services work on. */
export const statusCommand = command("status", {
  group,
  does: "Show ledger, cutover, drift, counts and the services' modes.",
  examples: ["npx taskrunner-storage status --stack dev"],
  connects: { seconds: lookSeconds },
  notes: [
    "The modes of worker and web are those that their pods have now, by the settings",
    "rollout and kubernetes; with confirm: none those that their values files state.",
    "Forms of files are compared, and waiting jobs counted, if the state directory is",
    "on this machine.",
  ],
}).action(async (options: CommonOptions) => {
  const settings = await loadSettings(options);
  const { storageMode, advanced } = settings;
  const db = await connect(options, parseAddress(await findUri(options), settings), lookSeconds);
  const found = await status(db, schemaOptionsOf(settings), advanced.ledger);
  const { services, lines } = await findServices(settings);
  const finalPassLeft = isUnseen(settings.rollout)
    ? findFinalPassLeft(lastCutoverFile(found.record))
    : undefined;
  const forms = await findForms(settings, db);
  const queue = await findJobs(settings);
  const text = [
    describeStatus(found),
    ...(forms ? [`  forms      ${formatSection(formsSection(forms))}`] : []),
    ...(queue ? [`  queue      ${queue.text}`] : []),
    `  settings   storageMode: ${storageMode ?? "not set"}`,
    ...lines,
    ...(finalPassLeft
      ? [`  left       ${describeFinalPassLeft(finalPassLeft, options.instance)}`]
      : []),
  ];
  print(
    options,
    "status",
    { ...found, forms, jobs: queue?.jobs, storageMode, services, finalPassLeft },
    text.join("\n"),
  );
});

async function findServices({ rollout, kubernetes }: CommandSettings) {
  if (!rollout) return { lines: [] };
  try {
    const services = await findLiveModes({ rollout, kubernetes });
    const { worker, web } = services;
    const apart = describeApart(services);
    const lines = [
      `  worker     ${describeModes(worker)}`,
      `  web        ${describeModes(web)}`,
      ...(apart === undefined ? [] : [`             ${apart}`]),
    ];
    return { services, lines };
  } catch (error) {
    if (!(error instanceof ClusterError || error instanceof KubeconfigError)) throw error;
    return { lines: [`  services   not seen: ${error.message}`] };
  }
}

/** `plan`: shows what differs, what blocks it and how much is on disk. Changes nothing. */
export const planCommand = command("plan", {
  group,
  does: "Show what would change, and which data block it.",
  options: [
    new Option("--exit-zero", "end with 0 if there is a result, so that a workflow continues"),
  ],
  examples: [
    "npx taskrunner-storage plan --stack dev",
    "npx taskrunner-storage plan --stack dev --json > plan.json",
  ],
  statuses: { 0: "nothing to do", 2: "changes to apply", 3: "data issues that block them" },
  connects: { seconds: lookSeconds },
  notes: [
    "It changes nothing. With --json it also counts the files on disk by kind, the",
    "documents in each collection, what an expiry would delete and, in filesystem",
    "mode, what a rollback would find. In that mode MongoDB may be unreachable.",
    "It compares the forms of the files with those of what services wrote to MongoDB.",
  ],
}).action(async (options: CommonOptions & { readonly exitZero?: true }) => {
  const { facts, text, status } = await makePlan(options);
  print(options, "plan", facts, text);
  process.exitCode = options.exitZero ? 0 : status;
});

/** Plans as `plan` does: its result as JSON, with the facts of `--json` if they are asked for, and as text. */
export async function makePlan(options: CommonOptions) {
  const settings = await loadSettings(options);
  const reached = await tryToConnect(options, settings);
  const { db, why, target } = reached;
  const planned = db
    ? await plan(db, { ...planOptions(settings), scan: previewScan })
    : nothingPlanned;
  const more = options.json ? await planFacts(settings, reached) : {};
  const forms = db && (await findForms(settings, db));
  const blocked = planned.issues.length > 0 && settings.migration.onDataIssue === "fail";
  const text = db
    ? [
        describePlan(db.databaseName, planned),
        ...(forms?.hash ? [formatSection(formsSection(forms))] : []),
      ].join("\n")
    : `MongoDB is unreachable: ${why ?? ""}`;
  const facts: JsonValue<"plan"> = {
    target,
    reachable: db !== undefined,
    blocked,
    ...planAsJson(planned),
    forms,
    ...more,
  };
  return {
    facts,
    text,
    status: blocked ? 3 : planned.changes.length > 0 ? 2 : 0,
  };
}

type PlanTarget = JsonValue<"plan">["target"];

// In filesystem mode MongoDB may be unreachable. The reason names hosts, never secrets.
async function tryToConnect(
  options: CommonOptions,
  settings: CommandSettings,
): Promise<{ db?: Db; why?: string; target?: PlanTarget }> {
  const isNeeded = settings.storageMode !== "filesystem";
  const found = await findUri(options);
  if (!isNeeded && "missing" in found) return { why: found.missing };
  const address = parseAddress(found, settings);
  const target = { hosts: formatHosts(address.uri), database: address.database };
  try {
    return { db: await connect(options, address, lookSeconds), target };
  } catch (error) {
    if (isNeeded || !(error instanceof ConnectionError)) throw error;
    return { why: error.message, target };
  }
}

function planOptions(settings: CommandSettings): PlanOptions {
  return { schema: schemaOptionsOf(settings), ledger: settings.advanced.ledger };
}

/** `apply`: applies the plan. */
export const applyCommand = command("apply", {
  group,
  does: "Apply the plan: collections, validators and indexes.",
  examples: ["npx taskrunner-storage apply --stack dev"],
  statuses: { 3: "blocked by data issues; nothing was changed" },
  connects: { seconds: usualSeconds },
  notes: [
    "It asks nothing: plan is its dry run. It changes collections, validators and",
    "indexes, and the ledger's record, but no document of the services.",
  ],
}).action(async (options: CommonOptions) => {
  const settings = await loadSettings(options);
  const { adopt, onDataIssue } = settings.migration;
  const planned = planOptions(settings);
  const address = parseAddress(await findUri(options), settings);
  const db = await connect(options, address);
  await requireServer(db, address.uri, planned.schema.collections);
  const stack = `taskrunner-storage/${options.stack ?? "command line"}`;
  const done = await apply(db, { ...planned, stack, adopt, onDataIssue });
  const { appliedAt } = done;
  const text = `Done.\n${describePlan(db.databaseName, done)}`;
  print(options, "apply", { ...planAsJson(done), appliedAt }, text);
});

/** `script`: prints the migration for a site without Pulumi. */
export const scriptCommand = command("script", {
  group,
  does: "Print the migration as a mongosh script.",
  examples: ["npx taskrunner-storage script --stack dev > migration.js"],
  notes: [
    "It is for a site that runs no Pulumi. Its database is mongo.database of the",
    "settings, else that of TASKRUNNER_MONGO_URI, else taskrunner.",
  ],
}).action(async (options: CommonOptions) => {
  const settings = await loadSettings(options);
  const found = await findUri(options);
  const named = "uri" in found ? uriFacts(found.uri)?.database : undefined;
  const database = settings.mongo.database ?? named ?? "taskrunner";
  const script = mongoshScript(schemaOptionsOf(settings), database, settings.advanced.ledger);
  print(options, "script", { script }, script);
});
