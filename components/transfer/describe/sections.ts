import { type CollectionRole, collectionRoles } from "../../contract";
import {
  type Code,
  type Finding,
  andMore,
  formatCount,
  formatPrinted,
  nameFirst,
  warning,
} from "../../text";
import type { RoleCounts } from "../reports";
import type { RecordTotals } from "../totals";

/** A part of a report: a finding, with examples. */
export interface Section {
  /** The finding, with its number: a sentence without its full stop. */
  readonly title: string;
  readonly cases?: readonly string[];
  /**
   * The number of all cases, of which `cases` may be the first. A section with 0 is left out. Default: the number of
   * `cases`.
   */
  readonly count?: number;
  /** The consequence, and what to do. */
  readonly advice?: string | undefined;
  /** The code of a warning. */
  readonly code?: Code;
}

const maxInSentence = 5;
const maxInList = 10;

/** A section in one line: `2 runs held: a, b. Move them back.` */
export function formatSection({ title, cases = [], count, advice }: Section): string {
  const named = cases.length === 0 ? "" : `: ${nameFirst(cases, maxInSentence, count)}`;
  return [`${title}${named}.`, ...(advice === undefined ? [] : [advice])].join(" ");
}

/** Sections as the engine prints them: a line or a warning each. */
export function toMessages(sections: readonly Section[]): (string | Finding)[] {
  return withoutEmpty(sections).map((section) => {
    const line = formatSection(section);
    return section.code === undefined ? line : warning(section.code, line);
  });
}

/** Sections as a command prints them below its table: a line for each case, and a blank line before each section. */
export function listSections(sections: readonly Section[]): string[] {
  return withoutEmpty(sections).flatMap(
    ({ title, cases = [], count = cases.length, advice, code }) => {
      const heading = formatPrinted(code === undefined ? title : warning(code, title));
      const named = cases.slice(0, maxInList);
      return [
        "",
        named.length === 0 ? heading : `${heading}:`,
        ...[...named, ...andMore(count - named.length)].map((line) => `  ${line}`),
        ...(advice === undefined ? [] : [advice]),
      ];
    },
  );
}

/** The reasons why a step stops: one for each section, the last one with advice. */
export function stopReasons(what: string, sections: readonly Section[], advice: string): string[] {
  const reasons = withoutEmpty(sections).map((section) => `${what}: ${formatSection(section)}`);
  return reasons.map((reason, at) => (at === reasons.length - 1 ? `${reason} ${advice}` : reason));
}

function withoutEmpty(sections: readonly Section[]): Section[] {
  return sections.filter(({ cases, count = cases?.length }) => count !== 0);
}

const nouns: Readonly<Record<CollectionRole, readonly [one: string, many: string]>> = {
  runs: ["run", "runs"],
  logs: ["log entry", "log entries"],
  artifacts: ["artifact", "artifacts"],
  approvals: ["approval", "approvals"],
};

/** A number of records, such as `1,234 log entries`. */
export function formatRecords(count: number, role: CollectionRole): string {
  return formatCount(count, ...nouns[role]);
}

/** A report's counts of each collection, without zeros: `["2 runs", "1 log entry"]`. */
export function listRecords<Count extends string>(
  report: RoleCounts<Count>,
  count: Count,
): string[] {
  return namesOf((role) => report[role][count]);
}

/** Numbers of each collection's records in one line, without zeros: `300 runs, 1 log entry`. */
export const listTotals = (totals: RecordTotals): string =>
  namesOf((role) => totals[role]).join(", ");

function namesOf(countIn: (role: CollectionRole) => number): string[] {
  const found = collectionRoles.filter((role) => countIn(role) > 0);
  return found.map((role) => formatRecords(countIn(role), role));
}
