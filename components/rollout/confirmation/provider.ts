import { kind, Unfinished, type StateOf, type Step } from "../../step";
import { room } from "../room";
import {
  isAnswered,
  question,
  type ConfirmationInputs,
  type ConfirmationResults,
} from "./confirmation";

export const Confirmation = kind<ConfirmationInputs, ConfirmationResults>(
  "Confirmation",
  [room, "taskrunner"],
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
  forward: answered,
  back: answered,
};

function answered(
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
