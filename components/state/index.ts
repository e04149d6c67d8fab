/** Lists, reads, converts, publishes and holds the state on disk. Uses MongoDB's types but never a server. */

// The state directory: its folders, runs, jobs and files.
export { isFolder, requireInside, requireState } from "./root";
export {
  baseNameOf,
  countFiles,
  fileOf,
  noneSkipped,
  plainRunId,
  rolesIn,
  skipForeign,
  skippedIn,
  stateFiles,
  type Skipped,
  type StateAddress,
  type StateFile,
} from "./layout";
export { fileBaseNames, requireNamed } from "./base-names";
export { isSameStat, readStat, statByOpening, type FileStat } from "./file-stat";
export { measureRuns, type StateSize } from "./measure";
export { requireStores } from "./stores";
export { ownFiles } from "./own-files";
export {
  findChanged,
  newestRuns,
  readSettled,
  runsNamed,
  runsOnDisk,
  statsAtOnce,
  type FoundFile,
  type RunOnDisk,
} from "./runs";
export { findRunId, lookAt, locateFile, type FileLocation } from "./location";
export {
  countJobs,
  findArchivedJobs,
  hasQueue,
  jobsForRecord,
  listJobs,
  type JobCounts,
} from "./queue";

// Reading: the texts of a file, and the records in them.
export {
  beginning,
  decode,
  hashOfFirst,
  readSmall,
  readTexts,
  type Raw,
  type RawText,
  type ReadPosition,
  type ReadStart,
} from "./read";
export {
  convertEntries,
  deriveId,
  keyFields,
  keyOf,
  parseRecords,
  readableKey,
  runIdOf,
  LineNumbers,
  ReadyRecord,
  type IncompleteLine,
  type Key,
  type NumberedLines,
} from "./records";
export { unpack, type Entry } from "./entries";
export { sequenceIn, sequenceOfLine } from "./sequence";
export { formatJson } from "./format-json";
export {
  isJsonObject,
  memberOf,
  membersOf,
  objectIn,
  parse,
  valueIn,
  type JsonObject,
} from "./json";

// Comparing records, and reading the state of runs.
export { areEqual, differingPaths, hashOf } from "./compare";
export { isUnfinished, wouldRepeatSteps } from "./unfinished";
export {
  filesAtOnce,
  listUnfinishedRuns,
  readRunFiles,
  mayBeUnfinished,
  unbegunRunIn,
  type FindFinished,
  type RunFile,
} from "./run-files";
export { isContradicted, usualForms, type StepForms } from "./step-forms";
export { readStepForms } from "./step-evidence";

// Writing files.
export { publish, syncFolders, temporaryPath, writeAside } from "./publish";
export {
  asOnDisk,
  lacksSequences,
  recordOf,
  renewRecord,
  wholeFile,
  type WholeFileLocation,
  type WholeFileRole,
} from "./form";

// The files of a cutover and a rollback in the state directory.
export {
  endedCutovers,
  cutoverInForce,
  findFinalPassLeft,
  isBetweenRollouts,
  readCutoverRecord,
  requireWritableState,
  sourceOfTruth,
  withdrawFinalPass,
  writeCutoverRecord,
  type CutoverRecord,
  type CutoverToken,
} from "./cutover-record";
export { readDeltaScope, saveDeltaScope, type DeltaScope } from "./delta-scope";
export { hasRun, hasRuns, heldFolders, listHeldJobs, listHeldRuns, listRunsOnlyHeld } from "./held";
export { holdRuns, type FindInMongo } from "./hold";
export { supersedeHeld, unholdParts, unholdRuns } from "./unhold";
export { copyAside, supersede } from "./move";

export {
  describeLocation,
  isSystemError,
  refusalIn,
  unreadable,
  Refusal,
  StateFolderError,
  WriteError,
  type RecordLocation,
  type RefusalReason,
} from "./errors";
export { blocksOf, mapLimit, mapOrdered } from "./concurrency";
