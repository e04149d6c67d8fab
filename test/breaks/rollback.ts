import type { Break } from "./breaks";

/** The export, the fence and held runs. */
export const rollback: readonly Break[] = [
  {
    guarantee: "a file of an export is complete or as it was",
    file: "components/backfill/export/publish.ts",
    find: "const aside = asideOf(path);",
    replace: "const aside = path;",
    tests: ["test/backfill/export-publish.test.ts"],
  },
  {
    guarantee: "an export leaves a file alone that changed while it was exported",
    file: "components/backfill/export/publish.ts",
    find: "if ((await stampOf(path)) !== read) throw changed();",
    replace: "",
    tests: ["test/backfill/export-publish.test.ts"],
  },
  {
    guarantee: "a log entry that differs from MongoDB's is reported by an export",
    file: "components/backfill/export/log-compare.ts",
    find: "there ? difference(there, document) : noPlace",
    replace: "there ? undefined : noPlace",
    tests: ["test/backfill/export-logs.test.ts"],
  },
  {
    guarantee: "an export writes a run after all that belongs to it",
    file: "components/backfill/export.ts",
    find: `    for (const role of rolesOfParts(run.sides)) await exportPart(run, role, runId);
    if (!(await exportRunItself(run, runId, document))) run.tally.leaveBehind(runId);`,
    replace: `    if (!(await exportRunItself(run, runId, document))) run.tally.leaveBehind(runId);
    for (const role of rolesOfParts(run.sides)) await exportPart(run, role, runId);`,
    tests: ["test/backfill/run-last.test.ts"],
  },
  {
    guarantee: "an export writes nothing outside of the state directory",
    file: "components/backfill/export.ts",
    find: "await requireInside(sides);",
    replace: "",
    tests: ["test/backfill/export.test.ts > leads out of the root"],
  },
  {
    guarantee: "without MongoDB unfinished runs are held",
    file: "components/backfill/way-back/steps.ts",
    find: "fence && !isLater ? found.behind : []",
    replace: "[]",
    tests: ["test/backfill/way-back-held.test.ts > a run that was finished on disk"],
  },
  {
    guarantee: "a held run never takes the place of another file",
    file: "components/backfill/held/folder.ts",
    find: "if (!(await isOneFile(path, to))) return false;",
    replace: "",
    tests: ["test/backfill/held.test.ts"],
  },
  {
    guarantee: "a run with a step that is not final is unfinished",
    file: "components/backfill/held/unfinished.ts",
    find: '["succeeded", "failed", "skipped", 2, 3, 4]',
    replace: '["succeeded", "failed", "skipped", "running", 1, 2, 3, 4]',
    tests: ["test/backfill/held.test.ts"],
  },
  {
    guarantee: "a held run in conflict stays held",
    file: "components/backfill/export/held-runs.ts",
    find: "    else stuck.add(runId);",
    replace: "",
    tests: ["test/backfill/way-back-held.test.ts > a held run that changed on both sides"],
  },
  {
    guarantee: "nothing is held once the worker is at work on the files",
    file: "components/backfill/way-back/steps.ts",
    find: "fence && !isLater",
    replace: "fence",
    tests: ["test/backfill/way-back-held.test.ts > holds none with which the worker is at work"],
  },
  {
    guarantee: "an export from another database than the fence's is refused",
    file: "components/backfill/way-back/steps.ts",
    find: "if (fence) await requireFence(database, ledger, fence.at);",
    replace: "",
    tests: ["test/backfill/way-back.test.ts > an export from another database"],
  },
  {
    guarantee: "the ledger records the fence",
    file: "components/backfill/way-back/fence.ts",
    find: "await withRetries(doing, () => recordFence(database, ledger, at));",
    replace: "",
    tests: ["test/backfill/way-back.test.ts > the ledger has the moment"],
  },
  {
    guarantee: "a rollback to an empty state directory is refused",
    file: "components/backfill/way-back/require-state.ts",
    find: "if (found === undefined) return folder;",
    replace: "return folder;",
    tests: ["test/backfill/way-back.test.ts > a state root without runs is none"],
  },
  {
    guarantee: "a rollback that fails half-way is unfinished",
    file: "components/backfill/way-back/provider.ts",
    find: "if (isBack(state, inputs) && state.heldRuns === inputs.heldRuns) {",
    replace: "if (state.heldRuns === inputs.heldRuns) {",
    tests: ["test/backfill/way-back.test.ts > fails in the middle"],
  },
  {
    guarantee: "a verification that does not hold is unfinished",
    file: "components/backfill/provider.ts",
    find: "if (report.holds) return { report };",
    replace: "return { report };",
    tests: ["test/backfill/provider.test.ts > does not hold is unfinished"],
  },
];
