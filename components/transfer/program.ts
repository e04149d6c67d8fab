/** The state on disk and its steps as the Pulumi program has them. */
export { FilesystemBackfill, Handover, RunFiles, SecondHandover, Verification } from "./groups";
