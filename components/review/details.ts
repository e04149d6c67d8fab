import { inspect } from "node:util";
import { diffLines, splitDifferences, type Difference } from "./differences";
import { foldList, type Section } from "./fit";
import type { PreviewStep } from "./read/preview";
import { fence, join, md, type Markdown } from "./safe/markdown";
import type { Situation } from "./situation";
import { isOurs, shortType } from "./steps";

/** What is folded: each input that differs, the commands, what stays behind, the settings. */
export function detailSections(situation: Situation): Section[] {
  const { direction, preview, plan } = situation;
  const isForward = direction === "cutover" || direction === "change";
  const settings = Object.entries(preview.settings).map(([key, value]) => `${key}: ${value}`);
  const behind = direction === "rollback" ? plan?.leftBehind : undefined;
  const inputs = preview.steps.flatMap(inputsOf);
  // As the server gets them; the ledger's are the engine's own.
  const changes = plan?.changes.filter(({ kind }) => kind !== "record ledger") ?? [];
  const options = { depth: null, breakLength: 100, maxArrayLength: null, maxStringLength: null };
  const commands = changes.flatMap((change) =>
    change.commands.map((command) => fence(inspect(command, options).split("\n"), "js")),
  );
  const listItem = (text: string) => md`- ${text}`;
  const conflicts = (behind?.conflictExamples ?? []).map(listItem);
  const unfinished = (behind?.unfinishedRuns ?? []).map(listItem);
  const apart = { between: "\n\n" };
  return [
    foldList("Inputs that change", inputs, "resource", apart),
    foldList("Commands on MongoDB", isForward ? commands : [], "command", apart),
    foldList("Changed on both sides", conflicts, "record", { total: behind?.conflicts }),
    foldList("Runs that are unfinished on disk", unfinished, "run", { total: behind?.unfinished }),
    foldList(
      "Settings of this preview",
      direction === "nothing" ? [] : settings.map(listItem),
      "setting",
    ),
  ];
}

function inputsOf(step: PreviewStep): Markdown[] {
  if (step.operation === "delete" || (step.operation === "create" && isOurs(step))) return [];
  // What is off by default says nothing of what is created; the mode is in the headline.
  const isOff = ({ before, after }: Difference) =>
    before === undefined && (after === "false" || after === "");
  const { others } = splitDifferences(step);
  const lines = diffLines(
    others.filter((one) => one.path !== "mode" && !isOff(one)),
    ": ",
  );
  if (lines.length === 0) return [];
  return [join([md`${shortType(step.type)} ${step.name}`, fence(lines, "diff")], "\n\n")];
}
