/**
 * A values file cannot be read, edited safely or written; it was left as it stood. The message
 * names the file and what was found, never a value: a file may hold a password.
 */
export class ValuesFileError extends Error {
  override readonly name = "ValuesFileError";

  constructor(file: string, found: string, advice: string) {
    super(`The values file ${file} was not changed: ${found}. ${advice}`);
  }
}
