import type { Level } from "./risks";
import { join, link, md, ours, type Markdown } from "./safe/markdown";
import type { Direction, Situation } from "./situation";

/** The last line: of what and when the preview is, what comes next, how to undo it, what it all means. */
export function footer(situation: Situation, level: Level): Markdown {
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

const undo: Readonly<Record<Exclude<Direction, "nothing">, string>> = {
  cutover: "the workflow `rollback`, or `storageMode: filesystem` and `pulumi up`",
  rollback: "`storageMode: mongo` and `pulumi up`, which is a new cutover",
  change: "revert the commit and run `pulumi up`; what was deleted does not come back",
};

/** Who has to do what before `up`. */
function next({ stack, occasion }: Situation, level: Level): Markdown {
  if (level === "blocked") return ours("Next: fix what stands in the way");
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
