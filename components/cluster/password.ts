import { randomBytes } from "node:crypto";
import { kind, type Step, type StepInputs } from "../step";

interface PasswordInputs extends StepInputs {
  /** A new number creates a new password. */
  readonly version: number;
}

interface PasswordResults {
  /** Secret: 32 characters of `A-Z`, `a-z`, `0-9`, `-` and `_`. */
  readonly password: string;
}

/**
 * A generated password of 192 bits that exists only in the stack's state, encrypted, and needs no encoding in a
 * URI.
 */
export const generatedPassword: Step<PasswordInputs, PasswordResults> = {
  ...kind<PasswordInputs, PasswordResults>(
    "GeneratedPassword",
    ["cluster", "mongo"],
    ["password"],
    ["password"],
  ),
  id: () => "password",
  compares: ["version"],
  forward: () => Promise.resolve({ password: randomBytes(24).toString("base64url") }),
};
