/** The check of an existing server, without Pulumi; `../existing.ts` is for programs. */
export { inspectApplication, inspectServer, requireApplication, requireServer } from "./check";
export { isStandalone } from "./facts";
