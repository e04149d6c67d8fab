import { isDeepStrictEqual } from "node:util";
import {
  StateFolderError,
  type StepForms,
  isContradicted,
  newestRuns,
  readStepForms,
} from "../../state";
import type { BothSides } from "../sides";
import { findKeptForms, keepForms, newestLooked } from "../step-forms";
import type { FormDifference } from "../reports";
import { compareForms } from "./read";

/**
 * Decides, before anything is written, how a cutover reads the enumerations and dates inside `steps`. Saves the
 * decision for later passes and a rollback.
 *
 * @param dryRun whether to save nothing
 * @throws StateFolderError if more steps contradict the integers' table than confirm it, and that was not accepted
 */
export async function decideForms<Sides extends BothSides>(
  asked: Sides,
  dryRun: boolean,
): Promise<Sides> {
  const newest = await newestRuns(asked, newestLooked);
  const [kept, found] = await Promise.all([findKeptForms(asked), readStepForms(asked, newest)]);
  // A later pass decides, by the first run that has any.
  if (!found) return { ...asked, forms: kept };
  const read = { ...found, dates: kept?.dates ?? [] };
  const { differences } = await compareForms({ ...asked, forms: read }, newest);
  const forms = { ...read, dates: decideDates(read.dates, differences) };
  const sides = { ...asked, forms };
  if (isContradicted(forms)) {
    const { hash = "" } = await compareForms(sides, newest);
    if (hash !== sides.acceptForms) {
      throw new StateFolderError(describeContradicted(sides, forms, hash));
    }
  }
  if (!dryRun && !isDeepStrictEqual(forms, kept)) await keepForms(sides, forms);
  return sides;
}

/**
 * The members of steps that services write only as dates; a member that was one before stays one unless they write only
 * text.
 */
function decideDates(before: readonly string[], differences: readonly FormDifference[]): string[] {
  const dates = new Set(before);
  for (const { path, imported, services } of differences) {
    const [, name] = /^steps\[\]\.([^.[]+)$/.exec(path) ?? [];
    const [theirs, ...others] = services.map(({ form }) => form);
    if (name === undefined || others.length > 0) continue;
    if (imported.form === "string" && theirs === "date") dates.add(name);
    if (imported.form === "date" && theirs === "string") dates.delete(name);
  }
  return [...dates].sort();
}

function describeContradicted({ root }: BothSides, forms: StepForms, hash: string): string {
  const { table, confirmed, contradicted, example = "" } = forms;
  return (
    `The integers in the steps of the newest runs in ${root} do not match the known table: with kinds from ` +
    `${table} = 0, ${contradicted} steps contradict it and ${confirmed} confirm it, such as ${example}. MongoDB ` +
    "would get wrong names. Nothing was written. Let the services write names, or correct the files. To import these " +
    `names anyway, set advanced.acceptForms to ${hash}.`
  );
}
