import { detailSections } from "./details";
import { environmentDiff } from "./differences";
import { fit, fixed, type Section } from "./fit";
import { headlineOf } from "./headline";
import { dataIssueSection, errorSection, warningSection } from "./messages";
import { verdictInWords, verdictOf, type Level } from "./risks";
import { fence, joined, md, ours } from "./safe/markdown";
import { settingsSection } from "./settings";
import type { Situation } from "./situation";
import { cutoverStepOf } from "./steps";
import { stepTable } from "./table";

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

/** The comment on what is under review. */
export function review(situation: Situation): Review {
  const headline = headlineOf(situation);
  const verdict = verdictOf(situation);
  const words = verdictInWords(situation, verdict);
  const body = fit(
    [
      fixed(joined([md`### ${situation.stack}`, ours(headline)], ": ")),
      fixed(ours(words)),
      errorSection(situation),
      dataIssueSection(situation),
      warningSection(situation),
      stepTable(situation),
      settingsSection(situation.preview),
      environmentSection(situation),
      ...detailSections(situation),
    ],
    longestComment,
  );
  const stack = situation.stack.replace(/[^\w.-]/g, "_");
  return {
    headline: `${stack}: ${headline}`,
    level: verdict.level,
    verdict: words,
    body: body.text,
  };
}

/** What changes in the environments of worker and web. */
function environmentSection({ preview }: Situation): Section {
  const diffs = (["worker", "web"] as const).flatMap((service) => {
    const steps = preview.steps.filter((step) => cutoverStepOf(step) === service);
    const lines = steps.flatMap(environmentDiff);
    return lines.length === 0
      ? []
      : [joined([ours(`Environment of ${service}:`), fence(lines, "diff")], "\n\n")];
  });
  return fixed(diffs.length === 0 ? undefined : joined(diffs, "\n\n"));
}
