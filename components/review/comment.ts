import { detailSections } from "./details";
import { environmentDiff } from "./differences";
import { fit, fix, fold, foldTogether, type Section } from "./fit";
import { footer } from "./footer";
import { headlineOf } from "./headline";
import { dataIssueSection, errorSection, warningSection } from "./messages";
import { verdictAsList, describeVerdict, verdictOf, type Level } from "./risks";
import { fence, join, md, ours } from "./safe/markdown";
import { settingsSection } from "./settings";
import type { Situation } from "./situation";
import { cutoverStepOf } from "./steps";
import { stepDetails, stepTable } from "./table";
import { formatCount } from "./words";

/** A review of a preview; no secret is in it. */
export interface Review {
  /** One sentence of plain text: `staging: cut over to MongoDB: 4 collections, …`. */
  readonly headline: string;
  readonly level: Level;
  /** One line of Markdown with what blocks and what is to be looked at. */
  readonly verdict: string;
  /** The whole comment in GitHub's Markdown, the headline and the verdict first. */
  readonly body: string;
}

/** A comment's length in characters; GitHub refuses more than 65,536. */
export const longestComment = 60_000;

/** The comment on what is under review: what a person decides by comes first, the rest is folded. */
export function review(situation: Situation): Review {
  const headline = headlineOf(situation);
  const verdict = verdictOf(situation);
  const { level } = verdict;
  const body = fit(
    [
      fix(join([md`### ${situation.stack}`, ours(headline)], ": ")),
      fix(verdictAsList(situation, verdict)),
      errorSection(situation),
      dataIssueSection(situation),
      warningSection(situation),
      ...planSections(situation, level),
      environmentSection(situation),
      ...foldTogether("Everything else", [...stepDetails(situation), ...detailSections(situation)]),
      fix(footer(situation, level)),
    ],
    longestComment,
  );
  const stack = situation.stack.replace(/[^\w.-]/g, "_");
  return {
    headline: `${stack}: ${headline}`,
    level,
    verdict: describeVerdict(situation, verdict),
    body: body.text,
  };
}

/** What would happen; folded if something blocks it. */
function planSections(situation: Situation, level: Level): Section[] {
  const [steps, settings] = [stepTable(situation), settingsSection(situation.preview)];
  if (level !== "blocked") return [steps, settings];
  return [fold("What would happen, in order", steps), fold("Settings that change", settings)];
}

/** What changes in the environments of worker and web, below one line. */
function environmentSection({ preview }: Situation): Section {
  const diffs = (["worker", "web"] as const).flatMap((service) => {
    const steps = preview.steps.filter((step) => cutoverStepOf(step) === service);
    const lines = steps.flatMap(environmentDiff);
    return lines.length === 0 ? [] : [{ service, lines }];
  });
  const words = diffs.map(({ service, lines }) => {
    const names = new Set(lines.map((line) => line.slice(2).split("=")[0]));
    return `${formatCount(names.size, "variable")} of ${service}`;
  });
  const parts = diffs.map(({ service, lines }) =>
    join([ours(`${service}:`), fence(lines, "diff")], "\n\n"),
  );
  const all = fix(parts.length === 0 ? undefined : join(parts, "\n\n"));
  return fold(`Environment: ${words.join(", ")}`, all);
}
