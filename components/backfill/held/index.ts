/** Run files that a rollback holds, so that no step is executed again (decision 10). */
export {
  endMoves,
  heldAddress,
  heldFolder,
  heldRuns,
  holdRuns,
  putBack,
  type Moved,
} from "./folder";
export { isUnfinished, unfinishedRuns, type RunFile } from "./unfinished";
