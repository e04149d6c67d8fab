/**
 * A stack's settings file in a Git checkout: which storage mode it states, now and in earlier
 * commits, whether `up` may follow it, and a change of it on a branch of its own.
 */
export { CheckoutError } from "./errors";
export { historyIn, isBehind, modeSince, type Base, type History } from "./history";
export { decide, turnsOnCommits, type Decision, type Situation } from "./decide";
export { modeIn, withMode } from "./mode";
export { pushChange, type Change } from "./push";
export { requireOneUpdate } from "./shared-release";
export { runningMode } from "./outputs";
