/**
 * The values of a release cannot be put together; nothing was changed. The message names the file
 * and what was found, never a value: a file may hold a password.
 */
export class ReleaseValuesError extends Error {
  override readonly name = "ReleaseValuesError";

  constructor(file: string, found: string, advice: string) {
    super(`The values file ${file} cannot be used for its Helm release: ${found}. ${advice}`);
  }
}
