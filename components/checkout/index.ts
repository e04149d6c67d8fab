/**
 * A stack's settings file in a Git checkout: which storage mode it states, now and in earlier
 * commits, whether `up` may follow it, and a change of it on a branch of its own.
 */
export { decide, turnsOnCommits } from "./decide";
export { CheckoutError } from "./git";
export { isBehind, modeSince } from "./history";
export { modeIn, requireOneUpdate, withMode } from "./mode";
export { pushChange } from "./push";
export { historyIn, runningMode, type History } from "./stack";
