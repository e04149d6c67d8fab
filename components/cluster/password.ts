import { randomBytes } from "node:crypto";
import { kind, type Step, type StepInputs } from "../step";

/** Inputs: which password it is; another number asks for a new one. */
export interface PasswordInputs extends StepInputs {
  readonly version: number;
}

/** The password is secret: 32 letters, digits, `-` and `_`. */
export interface PasswordResults {
  readonly password: string;
}

export const GeneratedPassword = kind<PasswordInputs, PasswordResults>(
  "GeneratedPassword",
  ["cluster", "mongo"],
  ["password"],
  ["password"],
);

/**
 * A password that lives only in the stack's state, encrypted (decision 12): 192 bits, in characters
 * that a connection string takes as they are. Deleting it forgets it.
 */
export const generatedPassword: Step<PasswordInputs, PasswordResults> = {
  ...GeneratedPassword,
  id: () => "password",
  compares: ["version"],
  forward: () => Promise.resolve({ password: randomBytes(24).toString("base64url") }),
};
