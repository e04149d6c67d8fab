import type * as pulumi from "@pulumi/pulumi";
import { sameDatabase, sameServer } from "../../connection";
import { jobStep, stopOthers, type JobCommand, type JobTarget } from "../../jobs";
import { dataIssueInWords, type DataIssue } from "../issues/data-issues";
import { sameValue } from "../planner/canonical";

/** Inputs of the migration as one Job; `uri` is secret, and absent in filesystem mode. */
export interface MigrationJobInputs {
  readonly job: JobTarget;
  readonly mode: "mongo" | "filesystem";
  /** Not used to connect: another server asks for another Job. */
  readonly uri?: string;
  readonly database?: string;
  /** The ledger's collection. */
  readonly ledger: string;
  readonly checksum: string;
  /** What is made, in words. */
  readonly collections: readonly string[];
  readonly indexes: readonly string[];
}

interface MigrationJobState extends MigrationJobInputs {
  readonly appliedAt: string;
  readonly heldBack: string;
  readonly applied: boolean;
  /** Of the record that was claimed; absent until a Job claimed one. */
  readonly identity?: string;
}

/**
 * The dynamic provider of the migration as one Job. In filesystem mode it connects to nothing of
 * MongoDB: what still runs of a cutover's Jobs is stopped once, in the change of mode (the document's
 * "stop the Mongo migration runner"), and so are an earlier way back's when the mode becomes mongo.
 * Jobs that are over stay, and so does everything in MongoDB.
 */
export const migrationJob: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: (_olds, news: MigrationJobInputs) => Promise.resolve({ inputs: news }),
  diff: (_id, state: MigrationJobState, news: MigrationJobInputs) => {
    if (isMove(state, news)) console.log(moveInWords);
    const changesMode = state.mode !== news.mode;
    return Promise.resolve({
      changes:
        changesMode || (news.mode === "mongo" && (needsJob(state, news) || rotates(state, news))),
    });
  },
  create: async (inputs: MigrationJobInputs) => {
    if (inputs.mode === "mongo") return { id, outs: await migrated(inputs) };
    await stopOthers(inputs.job, inputs.mode, console.log);
    return { id, outs: { ...inputs, appliedAt: "", heldBack: "", applied: false } };
  },
  update: async (_id, state: MigrationJobState, news: MigrationJobInputs) => {
    if (news.mode === "filesystem") {
      await stopOthers(news.job, news.mode, console.log);
      return { outs: { ...state, mode: news.mode } };
    }
    if (state.mode !== news.mode) await stopOthers(news.job, news.mode, console.log);
    if (needsJob(state, news)) return { outs: await migrated(news, state) };
    return { outs: { ...state, ...news } };
  },
  read: (id, props: MigrationJobState) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};

const id = "migration-job";

function needsJob(state: MigrationJobState, news: MigrationJobInputs): boolean {
  if (!state.applied || state.heldBack !== "" || !sameServer(state.uri, news.uri)) return true;
  return (["database", "ledger", "checksum"] as const).some(
    (key) => !sameValue(state[key], news[key]),
  );
}

/** A connection string whose user, password or options are others is taken into the state. */
function rotates(state: MigrationJobState, news: MigrationJobInputs): boolean {
  return state.uri !== news.uri;
}

/**
 * Whether the services work on another server: the Job refuses one that is no copy of it. Where the
 * connection string is in a Secret of the site's (`jobs.secret`), none is seen here.
 */
function isMove(state: MigrationJobState, inputs: MigrationJobInputs): boolean {
  if (state.mode !== "mongo" || inputs.mode !== "mongo" || !state.appliedAt) return false;
  return !sameDatabase(state, inputs);
}

const moveInWords =
  "warning: This is another database than the one that the services work on. The migration's Job " +
  "looks at it before it changes anything, and stops unless it is a copy.";

interface Answer {
  readonly appliedAt: string;
  readonly issues: readonly DataIssue[];
  readonly identity: string;
}

async function migrated(
  inputs: MigrationJobInputs,
  state?: MigrationJobState,
): Promise<MigrationJobState> {
  const { job } = inputs;
  // What was applied in this cutover is not forgotten where a Job fails: a move would not be seen, nor
  // that the ledger was renamed.
  const hasApplied = state?.mode === "mongo" && state.appliedAt !== "";
  const { ledger } = state ?? inputs;
  const outputs = hasApplied ? state : { ...inputs, ledger, appliedAt: "", heldBack: "" };
  const [answer] = await jobStep(job, migrationCommand(inputs, state), { id, outputs });
  const { appliedAt, issues, identity } = answer as Answer;
  const heldBack = issues.map(dataIssueInWords).join("\n");
  const record = { appliedAt, identity };
  return { ...inputs, ...record, heldBack, applied: true };
}

/** The migration as a command of a Job, after what the state says of the last one. */
export function migrationCommand(
  inputs: MigrationJobInputs,
  state: MigrationJobState | undefined,
): JobCommand {
  const stack = inputs.job.stack.replace(/^.*\//, "");
  const follows = state && isMove(state, inputs) ? followsOf(state) : [];
  const isRenamed = state && state.ledger !== inputs.ledger;
  const former = isRenamed ? ["--former-ledger", state.ledger] : [];
  const args = ["apply", "--json", "--stack", stack, ...follows, ...former];
  return { step: "migration", args };
}

function followsOf({ appliedAt, identity }: MigrationJobState): string[] {
  return ["--follows", appliedAt, ...(identity === undefined ? [] : ["--identity", identity])];
}
