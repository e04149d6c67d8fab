import { resolve } from "node:path";
import { everyTenSeconds } from "../../text";
import { addressIn, databaseAt } from "../../mongo";
import type { StateAddress } from "../../state";
import type { BothSides } from "../sides";
import type { Tally } from "../tally";
import type { StateInputs } from "./inputs";

/** Inputs whose change makes a step run again. */
export const comparedStateInputs = [
  "cutover",
  "database",
  "root",
  "collections",
  "folders",
] as const;

/** The state on disk as the inputs name it; `root` becomes absolute. */
export function stateOf({ root, collections, folders, acceptForms }: StateInputs) {
  return { root: resolve(root), collections, folders, acceptForms };
}

/** The state directory as messages name it: a Job's is in a claim. */
export function namedState({ root, rootName = root, folders }: StateInputs): StateAddress {
  return { root: rootName, folders };
}

/** Both sides as the inputs of a step that goes forward name them. */
export async function sidesOf(inputs: StateInputs) {
  return { ...stateOf(inputs), database: await databaseAt(addressIn(inputs)) };
}

/** Does work with lines of progress on standard output, which the engine shows. */
export async function reportProgress<Report>(
  what: string,
  sides: BothSides,
  work: (sides: BothSides) => Promise<Report>,
): Promise<Report> {
  let tally: Tally | undefined;
  const stop = everyTenSeconds((seconds) => {
    if (!tally) return;
    const megabytes = (tally.bytes / 1e6).toFixed(1);
    console.log(`${what}: ${tally.files} files, ${megabytes} MB read in ${seconds} s`);
  });
  try {
    return await work({ ...sides, watch: (one) => (tally = one) });
  } finally {
    stop();
  }
}

/** The maximum number of single cases of a kind in a stack's state; complete lists stay beside the files. */
const namedCases = 20;

/** A report as a stack's outputs hold it: all counts, and the first single cases of each kind. */
export function truncateReport<Report extends object>(report: Report): Report {
  const members = Object.entries(report).map(([name, value]: [string, unknown]) => {
    if (Array.isArray(value)) return [name, value.slice(0, namedCases)] as const;
    return [
      name,
      typeof value === "object" && value !== null ? truncateReport(value) : value,
    ] as const;
  });
  return Object.fromEntries(members) as Report;
}
