/**
 * A step that began and did not finish: the engine keeps the resource, marks it as failed to
 * initialise, and calls its update again on the next `up`.
 *
 * `properties` become the outputs; they say `applied: false`, so that a rollback in between does
 * not make the step look finished.
 */
export class UnfinishedStep extends Error {
  override readonly name = "UnfinishedStep";
  readonly properties: Readonly<Record<string, unknown>>;

  constructor(
    readonly id: string,
    outputs: object,
    readonly reasons: readonly string[],
  ) {
    super(reasons.join("\n"));
    this.properties = { ...outputs, applied: false };
  }
}
