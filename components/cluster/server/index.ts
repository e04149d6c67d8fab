/** The check of a server that exists already, without Pulumi; `../existing.ts` has it for a program. */
export { requireApplication, requireServer } from "./check";
export { isStandalone } from "./facts";
