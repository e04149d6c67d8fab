import type { Break } from "./breaks";

/** What is looked at right before a rollback ends a fence, and what is held then. */
export const beforeEndBreaks: readonly Break[] = [
  {
    guarantee: "a run that was removed on disk after a rollback is not written again by hand",
    file: "components/transfer/rollback/rollback.ts",
    find: 'sides.only && truth === "disk" ? undefined : truth',
    replace: "undefined",
    tests: ["test/transfer/removed-on-disk.test.ts > stays removed, with its log"],
  },
  {
    guarantee: "what belongs to a run that was removed on disk is not written again",
    file: "components/transfer/export/blocks.ts",
    find: "(await isRemoved(task, run, own)) ? [] :",
    replace: "",
    tests: ["test/transfer/removed-on-disk.test.ts > stays removed, with its log"],
  },
  {
    guarantee: "right before a fence is ended each unfinished file is compared once more",
    file: "components/transfer/export/unfinished.ts",
    find: "blocksOfRuns(task.sides, wanted)",
    replace: "blocksOfRuns(task.sides, [])",
    tests: ["test/transfer/before-end.test.ts > the killed worker's last write"],
  },
  {
    guarantee: "right before a fence is ended a file is judged by what is in it, never by a base",
    file: "components/transfer/export/unfinished.ts",
    find: "{ ...task, trustsBases: false }",
    replace: "{ ...task, trustsBases: true }",
    tests: ["test/transfer/before-end.test.ts > restored after the bulk pass"],
  },
  {
    guarantee: "a file that was finished at the bulk pass is judged again if it changed since",
    file: "components/state/held.ts",
    find: "return `${name} ${stamp}`;",
    replace: "return name;",
    tests: ["test/transfer/before-end.test.ts > restored after the bulk pass"],
  },
  {
    guarantee: "a bulk pass leaves each run to the delta pass that was unfinished when it was read",
    file: "components/transfer/export/export.ts",
    find: "if (isUnfinished) runs.push(runId);",
    replace: "",
    tests: ["test/transfer/bulk-export.test.ts > looks again at a run that was unfinished"],
  },
  {
    guarantee: "a run whose approval cannot be exported is held",
    file: "components/transfer/export/blocks.ts",
    find: ", approvals.conflicts, approvals.unwritable]",
    replace: "]",
    tests: ["test/transfer/before-end.test.ts > is held if an approval is"],
  },
  {
    guarantee: "an export writes to the file that a run came from, whatever its name",
    file: "components/state/place.ts",
    find: "known === undefined ? [] : [known]",
    replace: "known === undefined ? [] : []",
    tests: ["test/transfer/before-end.test.ts > of a name that no export gives"],
  },
  {
    guarantee: "a place that is taken below held/ does not keep a run from being held",
    file: "components/state/move.ts",
    find: "if (await moveOrCopy(path, to)) return to;",
    replace: "if (await moveOrCopy(path, to) || at === 1) return to;",
    tests: ["test/transfer/before-end.test.ts > although another file has its place"],
  },
  {
    guarantee: "a cutover that stopped before its fence is taken back without an export",
    file: "components/transfer/steps/handover.ts",
    find: 'isLater && sourceOfTruth(last) === "disk"',
    replace: "false",
    tests: ["test/transfer/handover-stops.test.ts > of a cutover that stopped before its fence"],
  },
  {
    guarantee: "a file that web wrote after the fence stays only if the cutover had no final pass",
    file: "components/transfer/steps/handover.ts",
    find: "await recordFinalPass({ ...sides, ledger: inputs.ledger });",
    replace: "",
    tests: ["test/transfer/before-end.test.ts > that web wrote after the fence"],
  },
];
