import { detailSections } from "./details";
import { diffLines, splitDifferences } from "./differences";
import { fit, fold, inSequence, type Section } from "./fit";
import { headlineOf } from "./headline";
import { dataIssueSection, errorSection, warningSection } from "./messages";
import { verdictAsList, describeVerdict, verdictOf, type Level } from "./risks";
import { fence, join, link, md, ours, type Markdown } from "./safe/markdown";
import type { ReviewedDirection, Situation } from "./situation";
import { cutoverStepOf } from "./steps";
import { stepDetails, stepTable } from "./table";
import { formatCount } from "./words";

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

/** The comment on what is under review: what a person decides by comes first, the rest is folded. */
export function review(situation: Situation): Review {
  const headline = headlineOf(situation);
  const verdict = verdictOf(situation);
  const { level } = verdict;
  const steps = stepTable(situation);
  const others = [...stepDetails(situation), ...detailSections(situation)];
  const body = inSequence([
    () => join([md`### ${situation.stack}`, ours(headline)], ": "),
    () => verdictAsList(situation, verdict),
    errorSection(situation),
    dataIssueSection(situation),
    warningSection(situation),
    level === "blocked" ? fold("What would happen, in order", steps) : steps,
    environmentSection(situation),
    fold("Everything else", inSequence(others)),
    () => footer(situation, level),
  ]);
  const stack = situation.stack.replace(/[^\w.-]/g, "_");
  return {
    headline: `${stack}: ${headline}`,
    level,
    verdict: describeVerdict(situation, verdict),
    body: fit(body).text,
  };
}

function environmentSection({ preview }: Situation): Section {
  const diffs = (["worker", "web"] as const).flatMap((service) => {
    const steps = preview.steps.filter((step) => cutoverStepOf(step) === service);
    const variables = steps.flatMap((step) => splitDifferences(step).variables);
    return variables.length === 0 ? [] : [{ service, variables }];
  });
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

function footer(situation: Situation, level: Level): Markdown {
  const { direction, occasion, now } = situation;
  const at = ours(`${now.toISOString().slice(0, 16).replace("T", " ")} UTC`);
  const { commit, docs } = occasion;
  const of = commit === undefined ? at : md`${commit.slice(0, 8)}, ${at}`;
  const parts = [
    of,
    ...(direction === "nothing" ? [] : [next(situation, level)]),
    ...(direction === "nothing" || level === "blocked" ? [] : [ours(`Undo: ${undo[direction]}`)]),
    link("What each line means", docs),
  ];
  return join(parts, " · ");
}

const undo: Readonly<Record<Exclude<ReviewedDirection, "nothing">, string>> = {
  cutover: "the workflow `rollback`, or `storageMode: filesystem` and `pulumi up`",
  rollback: "`storageMode: mongo` with the next number in `cutover`, and `pulumi up`",
  change: "revert the commit and run `pulumi up`; what was deleted does not come back",
};

function next({ stack, occasion }: Situation, level: Level): Markdown {
  if (level === "blocked") return ours("Next: fix what blocks it");
  const approval = md`the reviewers of environment ${stack} approve ${ours("`up`")}`;
  switch (occasion.before) {
    case "merge":
      return md`Next: merge, then ${approval}`;
    case "approval":
      return md`Next: ${approval}`;
    default:
      return ours("Next: `pulumi up`");
  }
}
