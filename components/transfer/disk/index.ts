/**
 * Reads the state directory for an import and a verification: `groups.ts` lists runs and cuts them into groups,
 * `file.ts` opens a file and reads its records, `batches.ts` cuts these into batches and works on several at once.
 */
export { type Batch, workOn } from "./batches";
export { type From, type Listed, isUntouched } from "./file";
export { type OnlyRuns, groupsOnDisk } from "./groups";
