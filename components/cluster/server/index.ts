/** The check of a server that exists already, without Pulumi; `resource.ts` has it for a program. */
export { requireApplication, requireServer, ServerRefused } from "./check";
export { isStandalone } from "./facts";
