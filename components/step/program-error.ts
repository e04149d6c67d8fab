import { RunError } from "@pulumi/pulumi";

/**
 * An error of the program that the engine prints as it is, without a stack trace. Thrown in the function of
 * an output, it may reach a resource's input: there the engine would put `error serializing property "uri":`
 * before its message.
 */
export class ProgramError extends RunError {
  override readonly name = "ProgramError";

  constructor(message: string) {
    super(message);
    Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
  }
}
