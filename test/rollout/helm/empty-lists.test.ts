import { describe, expect, it } from "vitest";
import { hasEmptyLists } from "../../../components/rollout/helm/checks";

const list = [{ path: "env" }];
const chart = {
  file: "values.yaml",
  text: "env: [{ name: TZ }]\ntolerations: [{ key: a }]\npull: []\npod: { drop: [ALL] }\n",
};
const has = (text: string, defaults?: readonly (typeof chart)[]) =>
  hasEmptyLists({ ...(defaults && { defaults }), ofSite: [{ file: "site.yaml", text }] }, list);

describe("an empty list in a site's values", () => {
  it("takes the place of a default of the chart, at any depth", () => {
    expect(has("tolerations: []\n", [chart])).toBe(true);
    expect(has("pod: { drop: [] }\n", [chart])).toBe(true);
  });

  it("may do so in a chart that is elsewhere", () => {
    expect(has("pull: []\n")).toBe(true);
    expect(has("pull: [a]\n")).toBe(false);
  });

  it("takes the place of nothing where the chart has none, or where ours come in it", () => {
    expect(has("pull: []\nother: []\nenv: []\n", [chart])).toBe(false);
    expect(has("env: []\n")).toBe(false);
  });
});
