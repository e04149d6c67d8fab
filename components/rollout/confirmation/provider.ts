import { type StateOf, type Step, type StepInputs, Unfinished, kind } from "../../step";
import type { StorageMode } from "../../settings";

export const Confirmation = kind<ConfirmationInputs, ConfirmationResults>(
  "Confirmation",
  ["rollout", "taskrunner"],
  ["confirmedMode", "asked"],
  [],
);

/**
 * A step that stops until a site says by `rollout.confirmed` that it is done (decision 14). A stack that
 * begins on files has nothing to ask.
 */
export const confirmation: Step<ConfirmationInputs, ConfirmationResults> = {
  ...Confirmation,
  id: ({ step }) => step,
  forward: recordAnswer,
  back: recordAnswer,
};

function recordAnswer(
  inputs: ConfirmationInputs,
  state?: StateOf<ConfirmationInputs, ConfirmationResults>,
): Promise<ConfirmationResults> {
  const { mode, confirmed } = inputs;
  const { confirmedMode = "filesystem", asked } = state ?? {};
  if (mode === confirmedMode || isAnswered(inputs, asked)) {
    return Promise.resolve({ confirmedMode: mode });
  }
  // What was asked first stays: a second run with the same setting is no answer.
  const open = asked?.mode === mode ? asked : { mode, ...(confirmed && { confirmed }) };
  return Promise.reject(new Unfinished([question(inputs)], { confirmedMode, asked: open }));
}

/** What a site can say that it has done, in the cutover's order (the setting `rollout.confirmed`). */
const confirmations = ["drained", "worker", "web"] as const;
export type Confirmation = (typeof confirmations)[number];

/** Inputs of a step that waits for a site's word: nothing here can see what it asks for. */
export interface ConfirmationInputs extends StepInputs {
  readonly step: Confirmation;
  readonly mode: StorageMode;
  /** The values file that has to be deployed; absent for the drain. */
  readonly file?: string;
  /** The setting as it stands. */
  readonly confirmed?: Confirmation;
}

/** Outputs: the mode that was confirmed last, and the question that is open. */
export interface ConfirmationResults {
  readonly confirmedMode: StorageMode;
  /** The mode that was asked about, and what the setting said then. */
  readonly asked?: { readonly mode: StorageMode; readonly confirmed?: Confirmation };
}

/**
 * Whether the step's question is answered: it was asked in an earlier run, and the setting says
 * now, and did not say then, that this step or a later one is done. What is left in the settings
 * from a former cutover answers nothing.
 */
function isAnswered(
  { step, mode, confirmed }: ConfirmationInputs,
  asked: ConfirmationResults["asked"],
): boolean {
  if (asked?.mode !== mode || confirmed === asked.confirmed) return false;
  return confirmed !== undefined && rank(confirmed) >= rank(step);
}

/** What has to be done before the next step, and how to say that it is. */
export function question({ step, mode, file = "" }: ConfirmationInputs): string {
  const work =
    step === "drained"
      ? `Before the worker changes to ${mode} mode, scale it to zero and wait until its last pod is gone`
      : `Deploy ${file}, which has ${step} in ${mode} mode, and wait until its old pods are gone`;
  return `${work}. Then set rollout.confirmed: ${step} and run pulumi up again. To let pulumi up watch the pods instead, set rollout.confirm.`;
}

function rank(confirmation: Confirmation): number {
  return confirmations.indexOf(confirmation);
}
