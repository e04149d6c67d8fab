import type { Break } from "./breaks";

/** Jobs that wait, and the held runs that they may begin. */
export const queueBreaks: readonly Break[] = [
  {
    guarantee: "no job begins a held run anew",
    file: "components/state/hold.ts",
    find: 'if (!isOther || !(await findPlace(address, "runs", runId))) await holdPart(file);',
    replace: "",
    tests: ["test/transfer/held-jobs.test.ts > holds with a run what may begin it anew"],
  },
  {
    guarantee: "approvals and jobs return after their run",
    file: "components/state/hold.ts",
    find: "if (await hasRun(runId)) jobs.push(file);",
    replace: "jobs.push(file);",
    tests: ["test/transfer/held-jobs.test.ts > a job waits for its run's file"],
  },
  {
    guarantee: "approvals are merged below held/ before they return",
    file: "components/transfer/export/blocks.ts",
    find: "return !isThere && (await hasQueue(sides)) ? own : sides;",
    replace: "return sides;",
    tests: ["test/transfer/held-jobs.test.ts > that MongoDB alone has stay below held/"],
  },
  {
    guarantee: "a run that the worker began in MongoDB from its job counts as MongoDB has it",
    file: "components/transfer/import/import.ts",
    find: 'const isFinal = pass === "final" && !dryRun;',
    replace: "const isFinal = false;",
    tests: ["test/transfer/window.test.ts > begun in MongoDB from its job"],
  },
  {
    guarantee: "a run that was imported is never taken for one that was begun in MongoDB",
    file: "components/transfer/import/begun.ts",
    find: "return !base || (!base.agreed && isSettled(base));",
    replace: "return true;",
    tests: ["test/transfer/window.test.ts > without its checkpoint"],
  },
  {
    guarantee: "a run that the worker begins while the final pass writes counts as MongoDB has it",
    file: "components/transfer/import/import.ts",
    find: "if (begun?.has(runIdOf(record))) {",
    replace: "if (!late && begun?.has(runIdOf(record))) {",
    tests: ["test/transfer/window.test.ts > begins while the final pass writes"],
  },
  {
    guarantee: "without MongoDB no job begins a run anew that only MongoDB has",
    file: "components/state/hold.ts",
    find: "const isHolding = isMongoLost || runs.length > 0",
    replace: "const isHolding = runs.length > 0",
    tests: ["test/transfer/held-jobs.test.ts > that has no file is held although no run is"],
  },
  {
    guarantee: "a run whose approval was decided in the window is named",
    file: "components/transfer/import/write.ts",
    find: "options.decided?.add(runIdOf(disk));",
    replace: "",
    tests: ["test/transfer/window.test.ts > is listed once, with its archived job"],
  },
  {
    guarantee: "a final pass warns if the worker took none of the jobs",
    file: "components/state/queue.ts",
    find: "const isUntaken = count > 0 && names.every((name) => waiting.has(name));",
    replace: "const isUntaken = count > 0 && names.length === waiting.size;",
    tests: ["test/transfer/queue.test.ts > a final pass warns if none of them was taken"],
  },
];
