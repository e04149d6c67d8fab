import { StateFolderError, type StepForms, isContradicted } from "../../state";
import type { BothSides } from "../sides";
import { keepForms, readStepForms } from "../step-forms";
import { compareForms } from "./read";

/**
 * Decides how a cutover reads the enumerations inside `steps`, before anything is written, and keeps it for later passes
 * and a rollback.
 *
 * @param dryRun whether nothing is kept
 * @throws StateFolderError if more steps contradict the integers' table than confirm it, and that was not accepted
 */
export async function decideForms<Sides extends BothSides>(
  asked: Sides,
  dryRun: boolean,
): Promise<Sides> {
  const forms = await readStepForms(asked);
  const sides = { ...asked, forms };
  if (isContradicted(forms)) {
    const { hash = "" } = await compareForms(sides);
    if (hash !== sides.acceptForms) {
      throw new StateFolderError(describeContradicted(sides, forms, hash));
    }
  }
  if (!dryRun) await keepForms(sides, forms);
  return sides;
}

function describeContradicted({ root }: BothSides, forms: StepForms, hash: string): string {
  const { table, confirmed, contradicted, example = "" } = forms;
  return (
    `The integers in the steps of the newest runs in ${root} are not those that are known: with kinds from ` +
    `${table} = 0, ${contradicted} steps contradict them and ${confirmed} confirm them, such as ${example}. MongoDB ` +
    "would have wrong names. Nothing was written. Let the services write names, or correct the files. To import these " +
    `names anyway, set advanced.acceptForms to ${hash}.`
  );
}
