/** The fence of a cutover, and the rollback behind it. */
export { drawFence, unfinishedIn, type DrawnFence } from "./witnesses";
export { foresee, goBack, type Exported, type Foreseen, type RollbackReport } from "./go-back";
export { rollbackInWords } from "./words";
