import type { DrainGate, StorageMode } from "./settings";
import { formatCount } from "./text";
import {
  type ImportTotals,
  type RollbackTotals,
  type VerificationTotals,
  listTotals,
} from "./transfer/program";

/** What an update that succeeded found and did, for its last lines. */
export interface UpdateResult {
  /** The environment's name; absent if the program has only one. */
  readonly instance?: string | undefined;
  /** When the update began, in ISO 8601: what is older was done by an earlier one. */
  readonly beganAt: string;
  /** What the services are set to. */
  readonly modes: Readonly<Record<"worker" | "web", StorageMode>>;
  /** The values files of services that the program does not see; empty if it sees them. */
  readonly unseen: readonly string[];
  /** The setting `cutover`. */
  readonly cutover: number;
  /** The last cutover that ended; 0 if none did. */
  readonly ended: number;
  /** When the last cutover was recorded, in ISO 8601. */
  readonly cutoverAt: string | undefined;
  readonly gate: DrainGate;
  /** The state directory as the settings name it. */
  readonly root: string | undefined;
  /** Whether steps run as Jobs. */
  readonly hasJobs: boolean;
  readonly imported: ImportTotals | null;
  readonly verified: VerificationTotals | null;
  readonly rolledBack: RollbackTotals | null;
  readonly stoppedSeconds: number | undefined;
}

/** The last lines of an update that succeeded, at most eight. */
export function describeUpdate(result: UpdateResult): string[] {
  const { instance, modes } = result;
  const lines =
    modes.worker !== modes.web
      ? [`Worker is set to ${modes.worker} mode and web to ${modes.web} mode: ${runWhole}`]
      : modes.worker === "mongo"
        ? describeOnMongo(result)
        : describeOnFiles(result);
  return instance === undefined ? lines : lines.map((line) => `${instance}: ${line}`);
}

const runWhole = "run `pulumi up` without --target and --exclude.";

function describeOnMongo(result: UpdateResult): string[] {
  const { cutoverAt, cutover, verified, beganAt, root } = result;
  const since = cutoverAt === undefined ? "" : ` since ${cutoverAt} (cutover ${cutover})`;
  const first = `${describeServices(result)} MongoDB${since}.`;
  if (!verified || verified.at < beganAt) return [first];
  const { accepted = 0 } = verified;
  const except =
    accepted > 0
      ? `, except for ${formatCount(accepted, "record")} that advanced.acceptQuarantined accepts`
      : "";
  const keep = root === undefined ? "" : ` Keep ${root}, which a rollback needs.`;
  return [
    first,
    `Verified: every record on disk is in MongoDB${except}. It has ${listTotals(verified) || "no records"}.`,
    ...describeStop(result),
    ...describeNext(result),
    `To roll back, set storageMode: filesystem and run \`pulumi up\`, which exports what changed since.${keep}`,
  ];
}

function describeOnFiles(result: UpdateResult): string[] {
  const { ended, rolledBack, imported, beganAt, cutover, gate } = result;
  const first = `${describeServices(result)} files`;
  if (gate === "closed") {
    const records = imported ? listTotals(imported) : "";
    const found = records && `: MongoDB has their import of ${records}`;
    return [`${first}, and cutover ${cutover} waits for rollout.drain${found}.`];
  }
  if (ended === 0) {
    return [
      `${first}. No collection and no document was created in MongoDB.`,
      "To see what a cutover will do, set storageMode: mongo and run `pulumi preview`.",
    ];
  }
  const last = `${first}. Cutover ${ended} was rolled back.`;
  if (!rolledBack || rolledBack.at < beganAt) return [last];
  return [
    last,
    describeExport(result, rolledBack),
    ...describeLeft(result, rolledBack),
    ...describeStop(result),
    ...describeNext(result, rolledBack),
    `To cut over again, set storageMode: mongo and cutover: ${ended + 1}.`,
  ];
}

function describeServices({ unseen }: UpdateResult): string {
  return unseen.length > 0 ? "The values files set worker and web to" : "Worker and web are set to";
}

function describeExport(result: UpdateResult, rolledBack: RollbackTotals): string {
  const { root, cutoverAt } = result;
  const since = cutoverAt === undefined ? "" : ` since ${cutoverAt}`;
  if (!rolledBack.exported)
    return `MongoDB was unreachable, so ${root} may lack what changed there${since}.`;
  const records = listTotals(rolledBack);
  if (records) return `Exported to ${root}: ${records}.`;
  const isLeft = describeLeft(result, rolledBack).length > 0;
  const why = isLeft ? "" : `, because nothing had changed in MongoDB${since}`;
  return `Nothing was exported to ${root}${why}.`;
}

function describeLeft({ root }: UpdateResult, rolledBack: RollbackTotals): string[] {
  const { held = 0, conflicts = 0, unwritable = 0, unequal = 0 } = rolledBack;
  const left = [
    ...(conflicts > 0 ? [`${formatCount(conflicts, "record")} changed on both sides`] : []),
    ...(unwritable > 0 ? [`${formatCount(unwritable, "record")} could not be written`] : []),
    ...(unequal > 0 ? [`${formatCount(unequal, "run")} unfinished only in MongoDB`] : []),
  ];
  const runs = `${formatCount(held, "unfinished run")} ${held === 1 ? "is" : "are"} held`;
  return [
    ...(held > 0 ? [`${runs} in ${root}/held, so that no step runs twice.`] : []),
    ...(left.length > 0 ? [`Look at the warnings above: ${left.join(", ")}.`] : []),
  ];
}

function describeStop({ stoppedSeconds }: UpdateResult): string[] {
  return stoppedSeconds === undefined ? [] : [`The worker was stopped for ${stoppedSeconds} s.`];
}

function describeNext(
  { unseen, hasJobs, instance }: UpdateResult,
  rolledBack?: RollbackTotals,
): string[] {
  const { exported = true, held = 0, conflicts = 0, unwritable = 0 } = rolledBack ?? {};
  const named = instance === undefined ? "" : ` --instance ${instance}`;
  const later = hasJobs ? "`pulumi up`" : `\`taskrunner-storage export${named}\``;
  const [pass, what] = rolledBack
    ? [later, "exports what web writes to MongoDB"]
    : [
        `\`taskrunner-storage import${named} --cutover-pass final\``,
        "imports what web writes to files",
      ];
  // The command does not reach the files of a Job.
  const then = hasJobs ? "" : `, then run ${pass}, which ${what} until then`;
  const next = [
    ...(unseen.length > 0
      ? [
          `deploy ${unseen.join(" and ")}${then}. The program does not see whether worker and web run with them`,
        ]
      : []),
    ...(exported && held === 0
      ? []
      : [`run ${later} once MongoDB answers and no conflict is left: it restores what is held`]),
  ];
  if (next.length > 0) return next.map((text) => `Next: ${text}.`);
  return conflicts + unwritable > 0 ? [] : ["Nothing is left to do."];
}
