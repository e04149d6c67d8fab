import { describe, expect, it } from "vitest";
import { historyIn, lastUpIn } from "../../components/checkout";

describe("a stack's outputs", () => {
  it("say the mode, the commit and the mode that git had", () => {
    const source = { commit: "0123abc", storageMode: "mongo" };
    const text = JSON.stringify({ storageMode: "filesystem", database: "d", source });

    expect(lastUpIn(text)).toEqual({ storageMode: "filesystem", source });
    expect(lastUpIn('{ "storageMode": "mongo", "source": {} }')?.source).toEqual({});
  });

  it("are empty before the first up", () => {
    expect(lastUpIn("{}")).toBeUndefined();
  });

  it.each([
    ['{ "name": "taskrunner-storage", "version": "0.2.0" }', "another JSON object"],
    ['{ "source": { "commit": "a" } }', "no storageMode"],
    ['{ "storageMode": "mongo" }', "no source"],
    ['{ "storageMode": "files", "source": {} }', "another mode"],
    ["[]", "a list"],
    ["", "an empty file"],
    ["error: no stack", "an error"],
  ])("%s is refused: %s", (text) => {
    expect(() => lastUpIn(text)).toThrow("have no storageMode and source");
  });
});

describe("a stack's history", () => {
  const entry = (kind: string, result: string, mode = "mongo", head?: string) => ({
    ...{ kind, result, version: 0, startTime: "2026-11-25T19:49:00.000Z" },
    environment: { "exec.kind": "cli", ...(head && { "git.head": head }) },
    config: {
      "taskrunner-storage:mongoUri": { secret: true },
      "taskrunner-storage:storageMode": { value: mode, secret: false },
    },
  });
  const read = (...entries: object[]) => historyIn(JSON.stringify(entries));
  const done = entry("update", "succeeded");

  it("says whether an up finished, and no destroy since", () => {
    expect(read()).toEqual({ hasRun: false });
    expect(read(entry("update", "failed"))).toEqual({ hasRun: false });
    expect(read(entry("refresh", "succeeded"), entry("update", "failed"), done)).toEqual({
      hasRun: true,
    });
    expect(read(entry("destroy", "succeeded"), done)).toEqual({ hasRun: false });
    expect(read(entry("destroy", "failed"), done)).toEqual({ hasRun: true });
  });

  it("says whether the newest up was one to files that did not finish", () => {
    const back = entry("update", "failed", "filesystem", "c");
    const halfWay = { commit: "c" };

    expect(read(back, done).halfWay).toEqual(halfWay);
    expect(read(entry("refresh", "succeeded"), back, done).halfWay).toEqual(halfWay);
    expect(read({ ...back, result: "in-progress" }, done).halfWay).toEqual(halfWay);
    expect(read({ ...back, environment: {} }, done).halfWay).toEqual({ commit: undefined });
    expect(read(entry("update", "failed"), back, done).halfWay).toBeUndefined();
    expect(read(entry("destroy", "succeeded"), back).halfWay).toBeUndefined();
    expect(read(entry("update", "succeeded", "filesystem")).halfWay).toBeUndefined();
  });

  it.each(["error: no stack", "{}", '[{ "name": "prod" }]'])("%s is refused", (text) => {
    expect(() => historyIn(text)).toThrow("pulumi stack history --json");
  });
});
