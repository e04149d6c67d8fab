import { fit, inSequence, itemize, type Section } from "./fit";
import { ReviewInputError } from "./read/json";
import type { Message, Preview, Step } from "./read/preview";
import { join, md, ours, table, type Markdown } from "./safe/markdown";
import { formatCount } from "./words";

/** Resources of which it is not known whether they differ. */
interface NotLookedAt {
  /** Why, in the preview's words, such as that MongoDB is unreachable. */
  readonly reason: string;
  /** What they are called; none if the preview names none. */
  readonly names: readonly string[];
}

/** What a refreshed preview found, and what it did not look at. */
export interface Drift {
  /** What `up` would do about each resource that is not as the program sets it up. */
  readonly differences: readonly Pick<Step, "operation" | "name" | "type">[];
  readonly notLookedAt: readonly NotLookedAt[];
  /** False if the migration is a Job (the setting `jobs`): a refresh does not look at what it created. */
  readonly comparesSchema: boolean;
}

/**
 * What `up` would change, and what the refresh before it left out.
 *
 * @param preview what `pulumi preview --refresh --json` printed
 * @throws ReviewInputError if the preview failed
 */
export function driftIn({ stack, steps, messages, settings }: Preview): Drift {
  if (stack === undefined || messages.some(({ severity }) => severity === "error")) {
    throw new ReviewInputError(
      "The preview failed, so its differences are unknown. Read its error, fix the cause and run it again.",
    );
  }
  return {
    differences: steps.map(({ operation, name, type }) => ({ operation, name, type })),
    notLookedAt: notLookedAtIn(messages),
    comparesSchema: settings.jobs === undefined,
  };
}

/** As a refresh without MongoDB says of each resource (`providerOf`). */
const notRefreshed = /^(\S+) was not refreshed\. ([^]*)$/;
/** As the program says once (`warnOfDataIssues`), also where there was nothing to refresh. */
const withoutData = "This preview goes on without the data";

function notLookedAtIn(warnings: readonly Message[]): NotLookedAt[] {
  const byReason = new Map<string, string[]>();
  for (const { text } of warnings) {
    const [, name = "", reason = ""] = notRefreshed.exec(text) ?? [];
    if (name !== "") byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  if (byReason.size > 0) return [...byReason].map(([reason, names]) => ({ reason, names }));
  return warnings
    .filter(({ text }) => text.includes(withoutData))
    .map(({ text }) => ({ reason: text, names: [] }));
}

/** A stack's drift as a person reads it. */
export interface DriftReport {
  /** Markdown: the whole finding. */
  readonly words: string;
  /** The title of an issue about it; undefined if all that a refresh can look at is as it should be. */
  readonly title: string | undefined;
}

/**
 * What was found, with the title of an issue if one is due. One is also due if something was not looked at:
 * otherwise an open issue would be closed although nobody knows.
 *
 * @param run the address of the workflow's run, if there is one
 */
export function describeDrift(stack: string, drift: Drift, run?: string): DriftReport {
  const [differing, unknown] = [drift.differences.length > 0, drift.notLookedAt.length > 0];
  const isDue = differing || unknown;
  const kept =
    "This issue is kept up to date, and closed when all was looked at and nothing differs.";
  const sections: readonly (Section | false)[] = [
    !isDue && (() => md`Nothing of stack ${stack} differs from the settings in git.`),
    differing && differenceSection(stack, drift),
    unknown && notLookedAtSection(stack, drift),
    !drift.comparesSchema && (() => schemaNote(stack)),
    isDue && (() => ours(kept)),
    run !== undefined && (() => ours(`Found by ${run}`)),
  ];
  const finding = differing ? "differs from" : "could not be compared with";
  return {
    words: fit(inSequence(sections.filter((section) => section !== false))).text,
    title: isDue ? `${stack} ${finding} the settings in git` : undefined,
  };
}

function differenceSection(stack: string, { differences }: Drift): Section {
  const verb = ours(differences.length === 1 ? "differs" : "differ");
  const count = ours(formatCount(differences.length, "resource"));
  const rows = differences.map(({ operation, name, type }) => [
    md`${operation}`,
    md`${name}`,
    md`${type}`,
  ]);
  return inSequence([
    () =>
      md`${count} of stack ${stack} ${verb} from the settings in git: changed by hand, or not brought there yet.`,
    itemize(rows, "resource", (shown) => table(["up would", "resource", "type"], shown)),
    () =>
      md`Look: ${`pulumi preview --refresh --diff --stack ${stack}`}. Fix: run up, or put what was changed by hand into the settings.`,
  ]);
}

function notLookedAtSection(stack: string, { differences, notLookedAt }: Drift): Section {
  const isAll = differences.length === 0;
  const lines = notLookedAt.map(({ reason, names }) => {
    const all = names.length === 0 ? [ours("MongoDB")] : names.map((name) => md`${name}`);
    return md`- ${join(all, ", ")}: ${reason}`;
  });
  return inSequence([
    () =>
      isAll
        ? md`It is not known whether stack ${stack} differs from the settings in git. Not looked at:`
        : ours("What else differs is not known. Not looked at:"),
    itemize(lines, "reason", (shown) => join(shown, "\n")),
    () =>
      isAll
        ? ours("What the stack's issue said before, if anything, may still be so: see its edits.")
        : undefined,
    () =>
      md`Look: ${`taskrunner-storage plan --stack ${stack}`} from a place that reaches MongoDB. Fix: let this job reach it, with the login that the last up left in the state.`,
  ]);
}

function schemaNote(stack: string): Markdown {
  return md`MongoDB's collections and indexes were not compared, because the migration is a Job: ${`taskrunner-storage plan --stack ${stack}`} does, from a place that reaches MongoDB.`;
}
