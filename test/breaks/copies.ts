import type { Break } from "./breaks";

const test = "test/transfer/copies.test.ts";

/** Older copies of the state directory or of the database, and what is durable. */
export const copyBreaks: readonly Break[] = [
  {
    guarantee: "a file is trusted only in the directory that the last export left",
    file: "components/transfer/rollback/token.ts",
    find: "if (newest === undefined) return",
    replace: "if (newest !== undefined) return undefined; else return",
    tests: [`${test} > gets again what MongoDB has`],
  },
  {
    guarantee: "in an older copy of the directory MongoDB's records win while the fence is open",
    file: "components/transfer/pairs.ts",
    find: 'older === "directory" ? ofOlder : base;',
    replace: "base;",
    tests: [`${test} > gets again what MongoDB has`],
  },
  {
    guarantee: "an older copy of the directory is compared whole",
    file: "components/transfer/rollback/token.ts",
    find: "if (older) return { ...sides, older, all: true };",
    replace: "if (older) return { ...sides, older };",
    tests: [`${test} > is compared whole by an export, and then`],
  },
  {
    guarantee: "an export of some runs vouches for no others",
    file: "components/transfer/rollback/rollback.ts",
    find: "if (!sides.only && !(",
    replace: "if (!(",
    tests: [`${test} > does not vouch for the others of an older copy`],
  },
  {
    guarantee: "an older copy is not vouched for while a file of it could not be written",
    file: "components/transfer/rollback/rollback.ts",
    find: " && !(sides.older && isLeft)",
    replace: "",
    tests: [`${test} > an older copy is not vouched for while a record`],
  },
  {
    guarantee: "a restored file with a later date does not begin its steps again",
    file: "components/transfer/export/file.ts",
    find: 'isRestored(role, pair, sides) ? { ...pair, verdict: "mongo" } : pair',
    replace: "pair",
    tests: [
      "test/transfer/clocks.test.ts > a restored file of a finished run is written again",
      "test/transfer/clocks.test.ts > a restored file that was held comes back",
    ],
  },
  {
    guarantee: "MongoDB is the source of truth of a held file, also after the fence",
    file: "components/transfer/export/held.ts",
    find: 'truth: "mongo" as const',
    replace: "truth: asked.sides.truth",
    tests: ["test/transfer/clocks.test.ts > a restored file that was held comes back"],
  },
  {
    guarantee: "a restored MongoDB is told from a restored directory",
    file: "components/transfer/rollback/token.ts",
    find: 'former.includes(recorded) ? "mongo" : "directory"',
    replace: 'false ? "mongo" : "directory"',
    tests: [
      `${test} > a restored MongoDB does not vouch for the files`,
      `${test} > after an export that was cut off between the two`,
    ],
  },
  {
    guarantee: "an export of some runs does not give a directory the last fence",
    file: "components/transfer/rollback/rollback.ts",
    find: "if (sides.all && !sides.only) await restoreFence(both, fence);",
    replace: "if (sides.all) await restoreFence(both, fence);",
    tests: [`${test} > keeps its fence if only some runs are exported`],
  },
  {
    guarantee: "a lost directory does not open a fence again that has ended",
    file: "components/transfer/rollback/fence.ts",
    find: "{ ...copy, unfinishedCount: 0,",
    replace: "{ ...copy, endedAt: undefined, unfinishedCount: 0,",
    tests: [`${test} > does not open a fence that has ended`],
  },
  {
    guarantee: "a copy from before an export that was cut off is recognized",
    file: "components/transfer/rollback/token.ts",
    find: "await changeFence(sides);\n  return sides;",
    replace: "return sides;",
    tests: [`${test} > restored from before an export that was cut off`],
  },
  {
    guarantee: "a copy from the middle of an export is recognized",
    file: "components/transfer/rollback/rollback.ts",
    find: "if (!sides.only && !(sides.older && isLeft)) await recordExported(sides);",
    replace: "",
    tests: [`${test} > restored from the middle of an export`],
  },
  {
    guarantee: "a run that an older copy lacks is no run that was removed on disk",
    file: "components/transfer/export/blocks.ts",
    find: ' && sides.older !== "directory";',
    replace: ";",
    tests: [`${test} > that an older copy lacks after the fence has ended`],
  },
  {
    guarantee: "a directory from before the last fence gets it again by export --all",
    file: "components/transfer/rollback/fence.ts",
    find: "(fence && !copy.former?.includes(fence.at))",
    replace: "fence",
    tests: [`${test} > gets the fence`],
  },
  {
    guarantee: "a crash takes no file back that a base vouches for",
    file: "components/transfer/export/blocks.ts",
    find: "await syncFolders(touched);",
    replace: "",
    tests: ["test/transfer/durable.test.ts > that was exported, its log and the end"],
  },
  {
    guarantee: "a crash takes no held run out of held/",
    file: "components/state/hold.ts",
    find: `  await syncFolders(touched);
  return left;`,
    replace: "  return left;",
    tests: ["test/transfer/durable.test.ts > a held run is held after a crash"],
  },
  {
    guarantee: "a fence that the stack never learned is ended by the next rollback",
    file: "components/transfer/steps/handover.ts",
    find: "state?.fence ?? fenceInForce(last)",
    replace: "state?.fence",
    tests: ["test/transfer/fence-completed.test.ts > the stack never learned, is ended"],
  },
  {
    guarantee: "a write beside another one does not damage fence.json",
    file: "components/state/fence.ts",
    find: "const next = temporaryPath(path);",
    replace: "const next = `${path}.tmp`;",
    tests: [`${test} > a write beside another one`],
  },
];
