import { kind, type Step, type StepInputs } from "../step";

/** Inputs: the connection strings are secret, and those of the state count on a rollback. */
export interface ConnectionStringsInputs extends StepInputs {
  readonly uri?: string;
  readonly appUri?: string;
  /** What decides about them and is known in every preview; no secret. */
  readonly from?: string;
}

export const ConnectionStrings = kind<ConnectionStringsInputs, object>(
  "ConnectionStrings",
  ["cluster", "mongo"],
  [],
  ["uri", "appUri"],
);

/** What the engine hands over in place of a value that a preview does not know. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * The connection strings that a cluster of the stack gave last. On a rollback they are those of the
 * state, so that it waits for nothing of the cluster (decision 10). It connects to nothing.
 *
 * In the preview of a change to the cluster its connection strings are not known; they count as
 * unchanged as long as nothing else that decides about them changes, so that the preview shows the
 * change itself. `up` compares them.
 */
export const connectionStrings: Step<ConnectionStringsInputs, object> = {
  ...ConnectionStrings,
  id: () => "connection-strings",
  compares: ["from"],
  isDue: (state, { uri, appUri }) => {
    if (uri === unknown || appUri === unknown) return false;
    return state.uri !== uri || state.appUri !== appUri;
  },
  forward: () => Promise.resolve({}),
};
