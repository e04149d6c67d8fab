import { andMore } from "../text";
import { writeHeadline } from "./headline";
import { isError, isStop, unreadableRuns, type ReviewInput } from "./input";
import { otherWarnings } from "./messages";
import type { Message } from "./read";
import { plain, printable, wrap } from "./safe/markdown";
import { describeTarget, groupRows } from "./table";
import { describeUndo, judgePreview } from "./verdict";

// One screen in all. Errors and stops are never left out.
const maxPlanned = 16;
const maxOthers = 5;
const maxWarnings = 3;

/** The facts of the comment as lines for a terminal: the decision first. */
export function reviewText(input: ReviewInput): string {
  const { stack, plan, planned, touchesSchema, steps, direction } = input;
  const verdict = judgePreview(input);
  const warnings = otherWarnings(input);
  const issues = touchesSchema ? (plan?.issues ?? []) : [];
  // The project's steps say themselves what they will do.
  const foreign = steps.filter(({ isOurs, operation }) => !isOurs || operation === "delete");
  const others = groupRows({ ...input, steps: foreign }).flatMap(({ rows }) => rows);
  const sections: readonly (readonly [title: string, items: readonly string[], most: number])[] = [
    ...verdict.sections.map(
      ({ title, reasons }) => [`${title}:`, reasons.map((one) => `- ${one}`), Infinity] as const,
    ),
    ["Errors:", messageLines(input.messages.filter(isError)), Infinity],
    ["Runs that cannot be read:", unreadableRuns(input).map(printable), maxOthers],
    ["Data issues:", issues.map(({ text }) => indent(text)), maxWarnings],
    ["What `pulumi up` will do, in order:", planned.map(printable), maxPlanned],
    ["It also changes:", others.map(({ text }) => plain(text)), maxOthers],
    ["It will stop:", messageLines(warnings.filter(isStop)), Infinity],
    ["Warnings:", messageLines(warnings.filter((one) => !isStop(one))), maxWarnings],
  ];
  return [
    `${printable(stack)}: ${writeHeadline(input, groupRows(input))}`,
    ...sections.flatMap(([title, items, most]) => {
      if (items.length === 0) return [];
      const more = andMore(items.length - most).map((rest) => `${rest}: \`pulumi preview\``);
      return ["", title, ...[...items.slice(0, most), ...more].map((item) => `  ${item}`)];
    }),
    ...describeUndo(direction, verdict.level).flatMap((undo) => ["", undo]),
    ...describeTarget(input).flatMap((target) => ["", plain(target)]),
  ].join("\n");
}

const messageLines = (messages: readonly Message[]) => messages.map(({ text }) => indent(text));

const indent = (text: string) => wrap(text).map(printable).join("\n  ");
