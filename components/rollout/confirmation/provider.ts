import type * as pulumi from "@pulumi/pulumi";
import { UnfinishedStep } from "../../dynamic";
import {
  isAnswered,
  question,
  type ConfirmationInputs,
  type ConfirmationState,
} from "./confirmation";

/**
 * The dynamic provider of a step that stops until a site says that it is done (decision 14). A
 * stack that begins on files has nothing to ask.
 */
const Confirmation: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: (_olds, news: ConfirmationInputs) => Promise.resolve({ inputs: news }),
  diff: (_id, state: ConfirmationState, news: ConfirmationInputs) =>
    Promise.resolve({ changes: state.confirmedMode !== news.mode }),
  create: async (inputs: ConfirmationInputs) => ({
    id: inputs.step,
    outs: await answered({ ...inputs, confirmedMode: "filesystem" }, inputs),
  }),
  update: async (_id, state: ConfirmationState, news: ConfirmationInputs) => ({
    outs: await answered(state, news),
  }),
  read: (id, state: ConfirmationState) => Promise.resolve({ id, props: state }),
  delete: () => Promise.resolve(),
};

export const providers = { Confirmation };

function answered(
  { confirmedMode, asked }: ConfirmationState,
  inputs: ConfirmationInputs,
): Promise<ConfirmationState> {
  const { mode, confirmed } = inputs;
  if (mode === confirmedMode || isAnswered(inputs, asked)) {
    return Promise.resolve({ ...inputs, confirmedMode: mode });
  }
  // What was asked first stays: a second run with the same setting is no answer.
  const open = asked?.mode === mode ? asked : { mode, ...(confirmed && { confirmed }) };
  const outputs = { ...inputs, confirmedMode, asked: open };
  return Promise.reject(new UnfinishedStep(inputs.step, outputs, [question(inputs)]));
}
