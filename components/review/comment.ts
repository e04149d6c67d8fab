import type { z } from "zod";
import { diffLines, type Difference } from "./differences";
import { fit, foldList, formatItems } from "./fit";
import { writeHeadline } from "./headline";
import {
  isError,
  unreadableRuns,
  type ReviewInput,
  type ReviewedStep,
  type Trigger,
} from "./input";
import { otherWarnings } from "./messages";
import type { reviewShape } from "./printed";
import type { Message } from "./read";
import { details, codeBlock, join, link, md, ours, wrap, type Markdown } from "./safe/markdown";
import { describeTarget, groupDetails, groupRows, groupTable } from "./table";
import { describeUndo, judgePreview, verdictLine, verdictList, type Level } from "./verdict";

/** A review of a preview, without secrets. */
type Review = z.infer<z.ZodObject<typeof reviewShape>>;

/** Writes the comment: the facts for a decision first, the others folded. */
export function review(input: ReviewInput): Review {
  const groups = groupRows(input);
  const headline = writeHeadline(input, groups);
  const verdict = judgePreview(input);
  const { level } = verdict;
  const table = groupTable(groups, input);
  const inputs = input.steps.flatMap(describeInputs);
  const body = fit((most) =>
    join(
      [
        join([md`### ${input.stack}`, ours(headline)], ": "),
        ...verdictList(verdict),
        ...messageSections(input, most),
        ...(level === "blocked" ? table.map((one) => details(inOrder, one)) : table),
        ...describeApproval(input, level),
        ...groupDetails(groups, most),
        ...foldList("Inputs that change", inputs, most, between),
        footer(input),
      ],
      between,
    ),
  );
  const stack = input.stack.replace(/[^\w.-]/g, "_");
  return {
    headline: `${stack}: ${headline}`,
    level,
    verdict: verdictLine(verdict),
    databases: input.databases.map(({ hosts, database }) => ({ hosts, database })),
    body: body.text,
  };
}

const inOrder = "What would happen, in order";
const between = "\n\n";

function messageSections(input: ReviewInput, most: number): Markdown[] {
  const issues = input.touchesSchema ? (input.plan?.issues ?? []) : [];
  const sections: Readonly<Record<string, readonly Markdown[]>> = {
    Errors: input.messages.filter(isError).map((one) => renderMessage(one, input.trigger)),
    "Runs that cannot be read": unreadableRuns(input).map((file) => md`- ${file}`),
    "Data issues": issues.map(({ text }) => codeBlock(wrap(text))),
    Warnings: otherWarnings(input).map((one) => renderMessage(one, input.trigger)),
  };
  return Object.entries(sections).flatMap(([title, items]) =>
    formatItems(items, most, between).map((list) => join([ours(`#### ${title}`), list], between)),
  );
}

function renderMessage({ urn, text, code }: Message, { docs }: Trigger): Markdown {
  const name = urn?.split("::").slice(3).join("::");
  const pages = code && docs ? [link(`\`${code}\``, `${docs}/codes.md#${code}`)] : [];
  const heading = [...(name === undefined ? [] : [md`On ${name}`]), ...pages];
  const block = codeBlock(wrap(text));
  return heading.length === 0 ? block : join([md`${join(heading, ", ")}:`, block], between);
}

/** The preview's run, where the approval is given, how to undo the update, and what `pulumi up` would work on. */
function describeApproval(input: ReviewInput, level: Level): Markdown[] {
  const { stack, direction, trigger } = input;
  const { run, approval } = trigger;
  const asked = level === "blocked" || direction === "nothing" ? undefined : approval;
  const log = run === undefined ? [] : [link("This run", run)];
  const approve = {
    now: [md`Approve environment ${stack} in ${link("this run", run)}`],
    later: [...log, md`After the merge \`up\` asks for the approval of environment ${stack}`],
  };
  const parts = [
    ...(asked ? approve[asked] : log),
    ...describeUndo(direction, level).map(ours),
    ...describeTarget(input),
  ];
  return parts.length > 0 ? [join(parts, " · ")] : [];
}

// Lists the stack's variables of a service first, then its other changes.
function describeInputs(step: ReviewedStep): Markdown[] {
  const { operation, isOurs, shortType, name, variables, others } = step;
  const isCounted = operation === "delete" || (operation === "create" && isOurs);
  // A default that is off explains nothing about a new resource; the mode is in the headline.
  const isSilent = ({ path, before, after }: Difference) =>
    path === "mode" || (before === undefined && (after === "false" || after === ""));
  const shown = others.filter((one) => !isCounted && !isSilent(one));
  const lines = [...diffLines(variables, "="), ...diffLines(shown, ": ")];
  if (lines.length === 0) return [];
  return [join([md`${shortType} ${name}`, codeBlock(lines, "diff")], between)];
}

function footer({ trigger, now }: ReviewInput): Markdown {
  const at = ours(`${now.toISOString().slice(0, 16).replace("T", " ")} UTC`);
  const { commit, docs } = trigger;
  const parts = [
    commit === undefined ? at : md`${commit.slice(0, 8)}, ${at}`,
    link("What each line means", docs && `${docs}/review.md`),
  ];
  return join(parts, " · ");
}
