import { inspect } from "node:util";
import { formatCount } from "../contract/text";
import { diffLines, type Difference } from "./differences";
import { fit, fold, foldList, formatItems, inSequence, type Section } from "./fit";
import { writeHeadline } from "./headline";
import { isError, type ReviewedDirection, type ReviewInput, type ReviewedStep } from "./input";
import { otherWarnings } from "./messages";
import type { Message } from "./read";
import { fence, join, link, md, ours, wrap, type Markdown } from "./safe/markdown";
import { groupDetails, groupRows, groupTable } from "./table";
import { judge, type Level } from "./verdict";

/** A review of a preview; no secret is in it. */
interface Review {
  /** One sentence of plain text: `staging: cut over to MongoDB: 4 collections, …`. */
  readonly headline: string;
  readonly level: Level;
  /** One line of Markdown with what blocks and what is to be looked at. */
  readonly verdict: string;
  /** The whole comment in GitHub's Markdown, the headline and the verdict first. */
  readonly body: string;
}

/** The comment: first what a person needs to decide, the rest folded. */
export function review(input: ReviewInput): Review {
  const groups = groupRows(input);
  const headline = writeHeadline(input, groups);
  const verdict = judge(input);
  const { level } = verdict;
  const table = groupTable(groups);
  const body = inSequence([
    () => join([md`### ${input.stack}`, ours(headline)], ": "),
    () => verdict.list,
    ...messageSections(input),
    level === "blocked" ? fold("What would happen, in order", table) : table,
    environmentSection(input),
    fold("Everything else", inSequence([...groupDetails(groups), ...detailSections(input)])),
    () => footer(input, level),
  ]);
  const stack = input.stack.replace(/[^\w.-]/g, "_");
  return { headline: `${stack}: ${headline}`, level, verdict: verdict.line, body: fit(body).text };
}

function messageSections(input: ReviewInput): Section[] {
  const issues = input.touchesSchema ? (input.plan?.issues ?? []) : [];
  const sections: Readonly<Record<string, readonly Markdown[]>> = {
    Errors: input.messages.filter(isError).map(renderMessage),
    "Data issues": issues.map(({ text }) => fence(wrap(text))),
    Warnings: otherWarnings(input).map(renderMessage),
  };
  return Object.entries(sections).map(([title, items]) => {
    const noun = title.toLowerCase().replace(/s$/, "");
    return formatItems(items, noun, { between: "\n\n", heading: ours(`#### ${title}`) });
  });
}

function renderMessage({ urn, text }: Message): Markdown {
  const block = fence(wrap(text));
  const name = urn?.split("::").slice(3).join("::");
  return name === undefined ? block : join([md`On ${name}:`, block], "\n\n");
}

function environmentSection({ steps }: ReviewInput): Section {
  const diffs = (["worker", "web"] as const)
    .map((service) => ({
      service,
      variables: steps.filter(({ part }) => part === service).flatMap(({ variables }) => variables),
    }))
    .filter(({ variables }) => variables.length > 0);
  const words = diffs.map(
    ({ service, variables }) => `${formatCount(variables.length, "variable")} of ${service}`,
  );
  const parts = diffs.map(
    ({ service, variables }): Section =>
      () =>
        join([ours(`${service}:`), fence(diffLines(variables, "="), "diff")], "\n\n"),
  );
  return fold(`Environment: ${words.join(", ")}`, inSequence(parts));
}

// Each input that differs, the commands, what stays behind, the settings.
function detailSections({ direction, steps, settings, plan }: ReviewInput): Section[] {
  const isForward = direction === "cutover" || direction === "change";
  const behind = direction === "rollback" ? plan?.leftBehind : undefined;
  // As the server gets them; the ledger's are the engine's own.
  const changes = plan?.changes.filter(({ kind }) => kind !== "record ledger") ?? [];
  const options = { depth: null, breakLength: 100, maxArrayLength: null, maxStringLength: null };
  const commands = changes.flatMap((change) =>
    change.commands.map((command) => fence(inspect(command, options).split("\n"), "js")),
  );
  const asItems = (texts: readonly string[] = []) => texts.map((text) => md`- ${text}`);
  const conflicts = { total: behind?.conflicts };
  const unfinished = { total: behind?.unfinished };
  const apart = { between: "\n\n" };
  const shown = direction === "nothing" ? {} : settings;
  const keys = Object.entries(shown).map(([key, value]) => `${key}: ${value}`);
  return [
    foldList("Inputs that change", steps.flatMap(describeInputs), "resource", apart),
    foldList("Commands on MongoDB", isForward ? commands : [], "command", apart),
    foldList("Changed on both sides", asItems(behind?.conflictExamples), "record", conflicts),
    foldList(
      "Runs that are unfinished on disk",
      asItems(behind?.unfinishedRuns),
      "run",
      unfinished,
    ),
    foldList("Settings of this preview", asItems(keys), "setting"),
  ];
}

function describeInputs({ operation, isOurs, shortType, name, others }: ReviewedStep): Markdown[] {
  if (operation === "delete" || (operation === "create" && isOurs)) return [];
  // What is off by default says nothing of what is created; the mode is in the headline.
  const isSilent = ({ path, before, after }: Difference) =>
    path === "mode" || (before === undefined && (after === "false" || after === ""));
  const lines = diffLines(
    others.filter((one) => !isSilent(one)),
    ": ",
  );
  if (lines.length === 0) return [];
  return [join([md`${shortType} ${name}`, fence(lines, "diff")], "\n\n")];
}

function footer({ stack, direction, trigger, now }: ReviewInput, level: Level): Markdown {
  const at = ours(`${now.toISOString().slice(0, 16).replace("T", " ")} UTC`);
  const { commit, docs, before } = trigger;
  const approval = md`the reviewers of environment ${stack} approve ${ours("`up`")}`;
  const next = {
    merge: md`Next: merge, then ${approval}`,
    approval: md`Next: ${approval}`,
    none: ours("Next: `pulumi up`"),
  }[before ?? "none"];
  const isBlocked = level === "blocked";
  const parts = [
    commit === undefined ? at : md`${commit.slice(0, 8)}, ${at}`,
    ...(direction === "nothing" ? [] : [isBlocked ? ours("Next: fix what blocks it") : next]),
    ...(direction === "nothing" || isBlocked ? [] : [ours(`Undo: ${undo[direction]}`)]),
    link("What each line means", docs),
  ];
  return join(parts, " · ");
}

const undo: Readonly<Record<Exclude<ReviewedDirection, "nothing">, string>> = {
  cutover: "the workflow `rollback`, or `storageMode: filesystem` and `pulumi up`",
  rollback: "`storageMode: mongo` with the next number in `cutover`, and `pulumi up`",
  change: "revert the commit and run `pulumi up`; what was deleted does not come back",
};
