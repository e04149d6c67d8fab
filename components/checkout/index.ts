/**
 * A stack's settings file in a Git checkout: which storage mode it states, now and in earlier
 * commits, whether `up` may follow it, and a change of it on a branch of its own. `program.ts` is the
 * Pulumi program's own door.
 */
export { CheckoutError } from "./git";
export { mayFollow } from "./may-follow";
export { modeIn, withMode } from "./mode";
export { pushChange } from "./push";
export { historyIn, lastUpIn } from "./stack";
