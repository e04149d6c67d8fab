import * as pulumi from "@pulumi/pulumi";

/**
 * An error of the program that the engine prints at the resource as it is, without a stack trace. Thrown in the
 * function of an output, it may reach a resource's input: there the engine would put `error serializing property
 * "uri":` before its message.
 */
export class ProgramError extends pulumi.ResourceError {
  override readonly name = "ProgramError";

  /**
   * @param resource whose registration waits for nothing that the error prevents, because the engine prints the
   *   error once it knows it; default: the stack
   */
  constructor(message: string, resource?: pulumi.Resource) {
    super(message, resource, true);
    Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
  }
}
