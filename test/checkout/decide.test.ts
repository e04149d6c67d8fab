import { describe, expect, it } from "vitest";
import { decide, historyIn, runningMode } from "../../components/checkout";

const [mongo, files] = ["mongo", "filesystem"] as const;

it.each([
  { running: undefined, wanted: mongo, since: undefined, allowed: true, words: "has not run yet" },
  { running: undefined, wanted: files, since: undefined, allowed: true, words: "has not run yet" },
  { running: mongo, wanted: mongo, since: [mongo], allowed: true, words: "as git says" },
  { running: files, wanted: files, since: [mongo, files], allowed: true, words: "as git says" },
  { running: mongo, wanted: files, since: [mongo, files], allowed: true, words: "a rollback" },
  // Rolled back, and git does not know of it.
  { running: files, wanted: mongo, since: [mongo], allowed: false, words: "no commit since" },
  {
    running: files,
    wanted: mongo,
    since: [mongo, mongo],
    allowed: false,
    words: "no commit since",
  },
  { running: files, wanted: mongo, since: undefined, allowed: false, words: "is not known which" },
  // Forward again, because somebody wants it.
  { running: files, wanted: mongo, since: [files, mongo], allowed: true, words: "a new cutover" },
  {
    running: files,
    wanted: mongo,
    since: [mongo, files, mongo],
    allowed: true,
    words: "new cutover",
  },
  { running: files, wanted: mongo, since: [undefined, mongo], allowed: true, words: "new cutover" },
])(
  "running $running, git $wanted, since $since: allowed $allowed",
  ({ allowed, words, ...known }) => {
    const decision = decide({ stack: "prod", ...known });

    expect(decision.allowed).toBe(allowed);
    expect(decision.words).toContain(words);
    expect(decision.words).toContain("prod");
  },
);

describe("a rollback that stopped half-way", () => {
  const halfWay = { stack: "prod", running: files, halfWay: true };

  it("is not undone by an up that nobody asked for", () => {
    const { allowed, words } = decide({ ...halfWay, wanted: mongo, since: [mongo] });

    expect(allowed).toBe(false);
    expect(words).toContain("prod's last up was one to files and stopped half-way, git says");
  });

  it("is finished by one to files, and given up where git says so", () => {
    expect(decide({ ...halfWay, wanted: files })).toEqual({
      allowed: true,
      words: "prod stopped half-way to files, and git says filesystem: up goes on.",
    });
    expect(decide({ ...halfWay, wanted: mongo, since: [files, mongo] }).allowed).toBe(true);
  });
});

it.each([
  { running: mongo, wanted: files, since: undefined },
  { running: mongo, wanted: mongo, since: undefined },
  { running: files, wanted: mongo, since: [files, mongo] },
])("an up from an older commit than the last one's is refused: %o", (known) => {
  const { allowed, words } = decide({ stack: "prod", newer: "abc", ...known });

  expect(allowed).toBe(false);
  expect(words).toContain("prod's last up was run from abc, which is newer");
  expect(words).toContain("run up from the newest commit");
});

describe("a stack's history", () => {
  const entry = (kind: string, result: string, head?: string, mode?: string) => ({
    ...{ kind, result, version: 0, startTime: "2026-11-25T19:49:00.000Z" },
    environment: { "exec.kind": "cli", ...(head && { "git.head": head }) },
    config: {
      "taskrunner-storage:mongoUri": { secret: true },
      ...(mode && { "taskrunner-storage:storageMode": { value: mode, secret: false } }),
    },
  });
  const read = (...entries: object[]) => historyIn(JSON.stringify(entries));
  const succeeded = [entry("update", "succeeded", "b", mongo), entry("update", "succeeded", "a")];

  it("has the commit of the last up that succeeded", () => {
    const others = [entry("update", "failed", "d"), entry("refresh", "succeeded", "c")];

    expect(read(...others, ...succeeded)).toEqual({ up: { revision: "b" } });
    expect(read(...others)).toEqual({ up: undefined });
    expect(read(entry("update", "succeeded"))).toEqual({ up: undefined });
    expect(() => historyIn("error: no stack")).toThrow("pulumi stack history --json");
  });

  it("says where the newest up was one to files, whatever became of it", () => {
    const back = entry("update", "failed", "c", files);
    const toFiles = { base: { revision: "c" }, finished: false };

    expect(read(back, ...succeeded)).toEqual({ up: { revision: "b" }, toFiles });
    expect(read(entry("refresh", "succeeded", "d"), back, ...succeeded).toFiles).toEqual(toFiles);
    expect(read(entry("update", "failed", "d", mongo), back, ...succeeded).toFiles).toBeUndefined();
    expect(read(entry("destroy", "succeeded", "d"), back).toFiles).toBeUndefined();
    expect(read(entry("update", "succeeded", "c", files)).toFiles?.finished).toBe(true);
    expect(read(entry("update", "failed", undefined, files)).toFiles?.base).toBeUndefined();
  });
});

it("the mode that runs is the stack's output", () => {
  expect(runningMode('{ "storageMode": "filesystem", "database": "d" }')).toBe("filesystem");
  expect(runningMode("{}")).toBeUndefined();
  expect(() => runningMode('{ "storageMode": "files" }')).toThrow("pulumi stack output --json");
  expect(() => runningMode("")).toThrow("pulumi stack output --json");
});
