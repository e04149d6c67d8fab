/**
 * What the program and the engine both know of a kind of step. The types are those of its inputs and
 * results, as the step itself has them.
 */
export interface StepKind<Inputs, Results> {
  /** Its name among the `providers` of its room; a contract with existing stacks. */
  readonly name: string;
  /** `MODULE:NAME` of the resource's type, `pulumi-nodejs:dynamic/MODULE:NAME`. */
  readonly type: string;
  /** The file below the project's folder whose `providers` has it; a contract with existing stacks. */
  readonly module: string;
  /** The outputs that are no inputs. */
  readonly results: readonly (keyof Results & string)[];
  /** The outputs that are secret. */
  readonly secrets: readonly string[];
  /** Never there: it ties the inputs' type to the kind. */
  readonly inputs?: Inputs;
}

/**
 * A kind of step.
 *
 * @param module the room's file with the `providers`, and the module of the resource's type
 */
export function kind<Inputs, Results>(
  name: string,
  [file, module]: readonly [file: string, module: string],
  results: readonly (keyof Results & string)[] = [],
  secrets: readonly string[] = ["uri"],
): StepKind<Inputs, Results> {
  return { name, type: `${module}:${name}`, module: file, results, secrets };
}
