import { type Step, type StepInputs, Unfinished } from "../../step";
import type { PassResults } from "./inputs";

/** Maximum number of single cases of a kind in a stack's state; complete lists stay beside the files. */
const namedCases = 20;

/**
 * A step whose reports are cut where they become outputs: all counts, and the first 20 single cases of each kind. The
 * step itself decides and describes from whole reports.
 */
export function withCutReports<Inputs extends StepInputs, Results extends object>(
  step: Step<Inputs, Results>,
): Step<Inputs, Results> {
  const back = step.back?.bind(step);
  return {
    ...step,
    forward: (...asked) => cutResults(step.forward(...asked)),
    ...(back && { back: (...asked) => cutResults(back(...asked)) }),
  };
}

async function cutResults<Results extends object>(work: Promise<Results>): Promise<Results> {
  try {
    return cutReports(await work);
  } catch (error) {
    if (!(error instanceof Unfinished) || !error.results) throw error;
    throw new Unfinished(error.reasons, cutReports(error.results));
  }
}

/** Other results, such as the cutover's record, are read later, and stay whole. */
function cutReports<Results extends Partial<PassResults>>(results: Results): Results {
  const { report, rollback } = results;
  return {
    ...results,
    ...(report && { report: cutLists(report) }),
    ...(rollback && { rollback: cutLists(rollback) }),
  };
}

function cutLists(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, namedCases);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, cutLists(one)]));
}
