import type * as pulumi from "@pulumi/pulumi";

/** Inputs: both connection strings, secret, which filesystem mode leaves out. */
export interface ConnectionStringsInputs {
  readonly uri?: string;
  readonly appUri?: string;
  /** What decides about them and is known in every preview; no secret. */
  readonly from?: string;
}

/** What the engine hands over in place of a value that a preview does not know. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * The dynamic provider of the connection strings that a cluster of the stack gave last. In filesystem
 * mode they are those of the state, so that the way back waits for nothing of the cluster
 * (decision 10). It connects to nothing.
 *
 * In the preview of a change to the cluster its connection strings are not known; they count as
 * unchanged as long as nothing else that decides about them changes, so that the preview shows the
 * change itself. `up` compares them.
 */
export const connectionStrings: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: (_olds, news: ConnectionStringsInputs) => Promise.resolve({ inputs: news }),
  diff: (_id, state: ConnectionStringsInputs, news: ConnectionStringsInputs) =>
    Promise.resolve({ changes: differs(state, news) }),
  create: (inputs: ConnectionStringsInputs) =>
    Promise.resolve({ id: "connection-strings", outs: inputs }),
  update: (_id, _state, news: ConnectionStringsInputs) => Promise.resolve({ outs: news }),
  read: (id, props: object) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};

function differs(state: ConnectionStringsInputs, news: ConnectionStringsInputs): boolean {
  const { uri, appUri, from } = news;
  if (uri === undefined) return false;
  if (state.from !== from) return true;
  if (uri === unknown || appUri === unknown) return false;
  return state.uri !== uri || state.appUri !== appUri;
}
