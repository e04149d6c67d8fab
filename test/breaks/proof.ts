import type { Break } from "./breaks";

/** The proof before the drain. */
export const proofBreaks: readonly Break[] = [
  {
    guarantee: "an unfinished run that MongoDB alone has stops a cutover before the drain",
    file: "components/transfer/steps/verify.ts",
    find: '...(await requireSame(report, inputs, "bulk"))',
    replace: "report",
    tests: ["test/transfer/guard.test.ts > a run that MongoDB alone has stops"],
  },
  {
    guarantee: "a run that MongoDB alone changed stops a cutover before the drain",
    file: "components/transfer/verify.ts",
    find: 'verdict === "mongo" && !isStrict',
    replace: 'verdict === "mongo"',
    tests: ["test/transfer/proof.test.ts > for a run or an approval that MongoDB alone changed"],
  },
  {
    guarantee: "a difference that the proof finds stops a cutover before the drain",
    file: "components/transfer/steps/verify.ts",
    find: "throw new Unfinished(describeVerification(found, root, notExported));",
    replace: "",
    tests: ["test/transfer/proof.test.ts > stops before the drain for"],
  },
  {
    guarantee: "a proof never vouches for files that were not read since a proof failed",
    file: "components/transfer/steps/verify.ts",
    find: "const first = await importRuns(inputs);",
    replace: 'const first = new (await import("../tally")).Tally().report();',
    tests: ["test/transfer/proof.test.ts > proves every file after a proof that failed"],
  },
  {
    guarantee: "a proof runs again after each import of the bulk pass",
    file: "components/transfer/steps/verify.ts",
    find: 'compares: ["importedAt"],',
    replace: "",
    tests: ["test/transfer/proof.test.ts > is due after each import of the bulk pass"],
  },
  {
    guarantee: "a file that changes while it is proven does not count as a difference",
    file: "components/transfer/verify.ts",
    find: "for (const name of await findChanged(new Set(read))) changed.add(name);",
    replace: "",
    tests: ["test/transfer/proof.test.ts > counts files that changed since"],
  },
];
