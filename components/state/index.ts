/** The state on disk: listed, read, converted, published and held. Knows nothing of MongoDB but its types. */
export { ahead, atOnce, blocksOf } from "./ahead";
export type { Conversion } from "./convert";
export {
  type Place,
  Refusal,
  type RefusalReason,
  StateFolderError,
  WriteError,
  describePlace,
  isSystemError,
  refusalIn,
} from "./errors";
export { type Fence, readFence, requireFenceWritable, writeFence } from "./fence";
export { type WholeFilePlace, type WholeFileRole, recordOf, renewRecord, wholeFile } from "./form";
export {
  type RunFile,
  conflictsFolder,
  endMoves,
  toConflictsAddress,
  toHeldAddress,
  heldFolder,
  listHeldRuns,
  holdRuns,
  isUnfinished,
  mayBeUnfinished,
  putBack,
  listUnfinishedRuns,
} from "./held";
export { differingPaths, hashOf } from "./compare";
export { isJsonObject, memberOf, formatJson } from "./json";
export { type Key, keyOf, readableKey } from "./keys";
export {
  type Skipped,
  type StateAddress,
  type StateFile,
  fileOf,
  fileStems,
  filesOf,
  layout,
  noneSkipped,
  quarantineFile,
  requireInside,
  requireState,
  rolesIn,
  stateFiles,
} from "./layout";
export {
  type FilePlace,
  findRunId,
  isNumbered,
  lookAt,
  maxRereads,
  pauseMs,
  placeOf,
  stemNamed,
  writtenMs,
} from "./place";
export { type Stamp, publish, stampOf } from "./publish";
export {
  type Chunk,
  type Raw,
  type RawText,
  type ReadPosition,
  type ReadStart,
  beginning,
  decode,
  hashOfFirst,
  lastLine,
  readChunks,
  readTexts,
} from "./read";
export {
  type FileFacts,
  type IncompleteLine,
  type ReadyRecord,
  parse,
  recordsIn,
  recordsOf,
  unpack,
} from "./records";
export {
  type FileStamp,
  type FoundFile,
  type RunOnDisk,
  isSameStamp,
  runsOnDisk,
  stampByOpening,
} from "./runs";
