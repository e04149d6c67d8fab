import { collectionRoles } from "../../contract";
import { formatCount } from "../../text";
import type { ComparedForms, FormDifference, SeenForm } from "../reports";
import { type Section, formatRecords, stopReasons } from "./sections";

/** The results of a check of forms. @param isFirst whether another check follows after the rollouts, so that none yet is no news */
export function formsSection(
  { compared, differences, hash = "" }: ComparedForms,
  isFirst = false,
): Section {
  const roles = collectionRoles.filter((role) => compared[role] > 0);
  const counts = roles.map((role) => formatRecords(compared[role], role)).join(", ");
  if (roles.length === 0)
    return { title: nothingCompared, advice: comparedByHand, ...(isFirst && { count: 0 }) };
  if (differences.length === 0)
    return {
      title: `The import writes the same forms as the services, by comparison with ${counts}`,
    };
  return {
    code: "forms-differ",
    title:
      "The services write other forms than the import, and may not be able to read imported records",
    cases: differences.map(describeDifference),
    advice: `Their hash is advanced.acceptForms: "${hash}".`,
  };
}

const nothingCompared =
  "The forms of records were not compared, because no service has written to MongoDB yet";
const comparedByHand = "Once one has, `taskrunner-storage verify` compares them.";

/** Describes why differences stop a cutover before the drain, or its verification, with advice. */
export function describeFormsStop(forms: ComparedForms, root: string, isFirst: boolean): string[] {
  const accept = "set that and run `pulumi up` again";
  const ways = isFirst
    ? "No service was stopped. Start web on MongoDB beside the services, and let it list the imported runs. If it can, " +
      `${accept}. If it cannot, the services need another image, or stay on files.`
    : `The services work on MongoDB. Let web list the imported runs. If it can, ${accept}. If it cannot, set ` +
      "storageMode: filesystem and run `pulumi up`, which rolls the services back.";
  return stopReasons(`Forms of ${root}`, [formsSection(forms)], ways);
}

function describeDifference({ role, path, imported, services }: FormDifference): string {
  const theirs = services.map(describeForm).join(" or ");
  return `${path} of ${role} is ${describeForm(imported)} on import, and ${theirs} of services`;
}

function describeForm({ form, count, example }: SeenForm): string {
  return count === 0 ? form : `${form} in ${formatCount(count, "record")} (such as ${example})`;
}
