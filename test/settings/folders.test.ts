import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { defaultFolders } from "../../components/contract";
import { commandSettings, foldersOf, parseSettings } from "../../components/settings";
import { describeProblems } from "./problems";

const stack = {
  storageMode: "mongo",
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  rollout: { target: "values", directory: "deploy", confirm: "none" },
};
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

  it.each([
    ["absolute", { logs: "/var/log" }, 'logs: found "/var/log"'],
    ["out of the state directory", { logs: "../logs" }, 'logs: found "../logs"'],
    ["with . or ..", { runs: "state/./runs" }, 'runs: found "state/./runs"'],
    ["with . or ..", { runs: "state/.." }, 'runs: found "state/.."'],
    ["empty", { queue: "" }, 'queue: found ""'],
    ["ending in /", { queue: "queue/" }, 'queue: found "queue/"'],
    ["one of the program's own", { runs: "held/runs" }, 'runs: found "held/runs"'],
    ["none for runs", { runs: "none" }, "allowed: a folder, because all services have runs"],
    ["unknown", { locks: "locks" }, "locks: found an unknown setting; allowed: runs, approvals"],
    [
      "equal to another one",
      { approvals: "state/runs" },
      'approvals: found "state/runs"; allowed: a folder outside that of runs',
    ],
    [
      "in another one",
      { logs: "state/runs/logs" },
      'logs: found "state/runs/logs"; allowed: a folder outside that of runs',
    ],
    [
      "in another one that follows",
      { runs: "logs/runs/state" },
      'runs: found "logs/runs/state"; allowed: a folder outside that of logs',
    ],
  ])("are refused: %s (%j)", async (_, folders, problem) => {
    const settings = withFolders(folders);
    expect(describeProblems(settings)).toContain(problem);
    const config = { "taskrunner-storage:backfill": settings.backfill };
    await expect(commandSettings({ text: stringify({ config }) })).rejects.toThrow(problem);
  });
});
