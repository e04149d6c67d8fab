import { WaitTimeout } from "../kubernetes";
import type { Direction } from "../settings";
import { Unfinished } from "../step";
import { modeAfter, modeBefore, type Service } from "./environment";

export const resumeHint =
  "Nothing was rolled back. Fix the cause and run pulumi up again; it resumes here.";

/**
 * The refusal of a rollback if a service works on MongoDB by a cutover that the stack does not know.
 *
 * @param found the service and its mode, as a sentence
 * @param ways more ways out, each with its condition
 */
export function describeUnknownCutover(found: string, ...ways: readonly string[]): string {
  return [
    `${found} This stack knows of no cutover, so a rollback would export nothing. Nothing was changed. Ways out:`,
    "- If the cutover was made with other rollout settings (target, confirm): restore them and run pulumi up again.",
    "- If not: run pulumi up with storageMode: mongo first, which takes the services over and loses nothing, and " +
      "then with filesystem again.",
    ...ways.map((way) => `- ${way}`),
  ].join("\n");
}

/** Advice if a service does not reach its mode. */
export function recoverySteps(service: Service, direction: Direction): string {
  if (service === "worker") return resumeHint;
  return `The worker is in ${modeAfter(direction)} mode, and pods of web may still be in ${modeBefore(direction)} mode. ${eitherOr(direction)}`;
}

/** Printed when the worker has arrived: an error of Helm on web's release does not mention the worker. */
export function webIsNext(direction: Direction): string {
  return `worker: web is next. If web cannot follow, the services use different stores. ${eitherOr(direction)}`;
}

function eitherOr(direction: Direction): string {
  return (
    "Either fix the cause and run pulumi up again, which resumes here; or set storageMode: " +
    `${modeBefore(direction)} and run pulumi up, which returns the worker too.`
  );
}

/**
 * Runs a step that changes a cluster. If it fails, the next `up` returns to it in either direction: otherwise a service
 * might be left without replicas.
 *
 * @throws Unfinished
 */
export async function finishing<Done>(
  results: object,
  failure: string,
  step: () => Promise<Done>,
  advice = resumeHint,
): Promise<Done> {
  return step().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const found =
      error instanceof WaitTimeout ? [`${failure} ${message}`] : [`${failure}.`, message];
    throw new Unfinished([...found, advice], results);
  });
}
