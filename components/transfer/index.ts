/**
 * Both sides of a run, paired and decided: the import, the verification, the export, and the rollback.
 * `program.ts` is the entry point for the Pulumi program, `provider.ts` for the dynamic providers.
 */
export { exportState } from "./export/export";
export { compareForms } from "./forms/read";
export { importState } from "./import/import";
export { exportByHandSections } from "./describe/export";
export { formsSection } from "./describe/forms";
export { importSections, jobSections, removedSections } from "./describe/import";
export { outcomeWords } from "./describe/outcomes";
export { reportProgress } from "./describe/progress";
export { describeRollbackPreview, rollbackSections } from "./describe/rollback";
export { type Section, formatSection, listSections, toMessages } from "./describe/sections";
export { acceptQuarantined, verificationSections } from "./describe/verification";
export { recordCutover } from "./rollback/cutover-record";
export { recordFinalPass } from "./rollback/cutover-record";
export { type RollbackResults, exportByHand, runRollback } from "./rollback/rollback";
export { type BothSides, type ImportPass, importPasses } from "./sides";
export type { Counts, Pass } from "./outcomes";
export { type ComparedForms, type Report, type RoleCounts, countOf, sumCounts } from "./reports";
export type {
  BulkPassResults,
  ImportResults,
  PassInputs,
  PassResults,
  StateInputs,
} from "./steps/inputs";
export type { Tally } from "./tally";
export { forgetUnlessHolds, verifyState } from "./verify";
