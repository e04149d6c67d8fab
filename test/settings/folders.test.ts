import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { defaultFolders } from "../../components/contract";
import { commandSettings, foldersOf, parseSettings } from "../../components/settings";
import { describeProblems, dev } from "./problems";

const stack = { storageMode: "mongo", ...dev };
const withFolders = (folders: object, others: object = {}) => ({
  ...stack,
  ...others,
  backfill: { source: { path: "s", folders } },
});
const foldersIn = (folders: object, others?: object) =>
  foldersOf(parseSettings(withFolders(folders, others)));

describe("the folders of the stores", () => {
  it("are those of the services' defaults, one by one", () => {
    expect(foldersIn({})).toEqual(defaultFolders);
    expect(foldersIn({ logs: "logs" })).toEqual({ ...defaultFolders, logs: "logs" });
    expect(foldersOf(parseSettings(stack))).toEqual(defaultFolders);
  });

  it("lack a store that the services do not have, and approvals without a collection", () => {
    const { runs, logs, artifacts, queue, approvals } = defaultFolders;
    expect(foldersIn({ logs: "none", queue: "none" })).toEqual({ runs, approvals, artifacts });
    expect(foldersIn({}, { approvals: false })).toEqual({ runs, logs, artifacts, queue });
  });

  it("may be in that of artifacts", () => {
    const runs = "artifacts/runs";
    expect(foldersIn({ runs })).toEqual({ ...defaultFolders, runs });
  });

  it("are refused by commands as by the program", async () => {
    const { backfill } = withFolders({ logs: "/var/log", runs: "state/.." });
    const config = { "taskrunner-storage:backfill": backfill };
    const refusal = (await commandSettings({ text: stringify({ config }) }).catch(
      String,
    )) as string;
    for (const problem of describeProblems({ ...stack, backfill }).split("\n")) {
      expect(refusal).toContain(problem);
    }
  });
});
