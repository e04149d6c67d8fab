import { expect, it } from "vitest";
import { baseIn, decide, runningMode } from "../../components/checkout";

const [mongo, files] = ["mongo", "filesystem"] as const;

it.each([
  { running: undefined, wanted: mongo, since: undefined, allowed: true, words: "has not run yet" },
  { running: undefined, wanted: files, since: undefined, allowed: true, words: "has not run yet" },
  { running: mongo, wanted: mongo, since: [mongo], allowed: true, words: "as git says" },
  { running: files, wanted: files, since: [mongo, files], allowed: true, words: "as git says" },
  { running: mongo, wanted: files, since: [mongo, files], allowed: true, words: "the way back" },
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

it("the base is the commit of the last up that succeeded", () => {
  const entry = (kind: string, result: string, head?: string) => ({
    ...{ kind, result, version: 0, startTime: "2026-11-25T19:49:00.000Z" },
    environment: { "exec.kind": "cli", ...(head && { "git.head": head }) },
  });
  const history = [
    entry("update", "failed", "d"),
    entry("refresh", "succeeded", "c"),
    entry("update", "succeeded", "b"),
    entry("update", "succeeded", "a"),
  ];

  expect(baseIn(JSON.stringify(history))).toEqual({ revision: "b" });
  expect(baseIn(JSON.stringify(history.slice(0, 2)))).toBeUndefined();
  expect(baseIn(JSON.stringify([entry("update", "succeeded")]))).toBeUndefined();
  expect(() => baseIn("error: no stack")).toThrow("pulumi stack history --json");
});

it("the mode that runs is the stack's output", () => {
  expect(runningMode('{ "storageMode": "filesystem", "database": "d" }')).toBe("filesystem");
  expect(runningMode("{}")).toBeUndefined();
  expect(() => runningMode('{ "storageMode": "files" }')).toThrow("pulumi stack output --json");
  expect(() => runningMode("")).toThrow("pulumi stack output --json");
});
