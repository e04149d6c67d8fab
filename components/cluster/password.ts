import { randomBytes } from "node:crypto";
import { kind, type Step, type StepInputs } from "../step";

interface PasswordInputs extends StepInputs {
  /** Another number asks for a new password. */
  readonly version: number;
}

interface PasswordResults {
  /** Secret: 32 letters, digits, `-` and `_`. */
  readonly password: string;
}

/**
 * A password that lives only in the stack's state, encrypted (decision 12): 192 bits, in characters
 * that a connection string takes as they are. Deleting it forgets it.
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
