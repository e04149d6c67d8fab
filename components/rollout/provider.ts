import { providers as confirmation } from "./confirmation/provider";
import { providers as pods } from "./pods/provider";
import { providers as secrets } from "./secrets/provider";
import { providers as step } from "./step/provider";
import { providers as values } from "./values/provider";

/** What the shim loads; this module's path is a contract with every existing stack. */
export const providers = { ...values, ...confirmation, ...pods, ...secrets, ...step };
