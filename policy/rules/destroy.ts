import type { StackRule } from "../rule";
import { types } from "../types";

/** Nothing in a production database is ever dropped (decision 7). */
export const nothingDropped: StackRule = {
  name: "nothing-dropped",
  asks: "the setting `allowDestroy` is off",
  why: "a change of settings would delete documents",
  ofAll: (resources) =>
    resources
      .filter(({ type, props }) => type === types.cluster && props.allowDestroy === true)
      .map(({ urn }) => ({
        urn,
        message: "allowDestroy is on: take it out of the stack's settings.",
      })),
};
