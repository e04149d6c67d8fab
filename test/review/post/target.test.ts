import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readPullRequest, readTrigger } from "../../../components/review/post";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "target-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const given = { GITHUB_REPOSITORY: "o/r", GITHUB_TOKEN: "secret" };
const target = { repository: "o/r", token: "secret", apiUrl: "https://api.github.com" };

function event(content: object): string {
  const file = join(folder, "event.json");
  writeFileSync(file, JSON.stringify(content));
  return file;
}

it("the number is that of the event, else that of the ref", () => {
  const GITHUB_EVENT_PATH = event({ pull_request: { number: 12 } });
  const GITHUB_REF = "refs/pull/7/merge";

  expect(readPullRequest({ ...given, GITHUB_EVENT_PATH, GITHUB_REF })).toEqual({
    ...target,
    pullRequest: 12,
  });
  const ofRef = { ...target, pullRequest: 7 };
  expect(readPullRequest({ ...given, GITHUB_REF })).toEqual(ofRef);
  const push = event({ ref: "refs/heads/main" });
  expect(readPullRequest({ ...given, GITHUB_REF, GITHUB_EVENT_PATH: push })).toEqual(ofRef);
});

it("the API is github.com's unless another one is named", () => {
  const apiUrl = "https://git.example.org/api/v1";
  const env = { ...given, GITHUB_REF: "refs/pull/7/merge" };
  expect(readPullRequest({ ...env, GITHUB_API_URL: apiUrl })).toMatchObject({ ...target, apiUrl });
  expect(readPullRequest({ ...env, GITHUB_API_URL: "" })).toMatchObject(target);
});

it("everything that is missing is named at once", () => {
  const GITHUB_EVENT_PATH = event({ ref: "refs/heads/main" });
  const read = () => readPullRequest({ GITHUB_EVENT_PATH, GITHUB_REF: "refs/heads/main" });

  expect(read).toThrow(
    /Missing: GITHUB_REPOSITORY [^]*, GITHUB_TOKEN [^]*, a pull request in GITHUB_EVENT_PATH/,
  );
  expect(() => readPullRequest({ ...given, GITHUB_REPOSITORY: "o/r/../x" })).toThrow("owner/name");
});

it("the trigger is the pull request's own commit, with the page that explains the comment", () => {
  const sha = "5a1c0f3e9d2b4a6788c1e0f5d3b2a19876543210";
  const merge = sha.replaceAll("5", "6");
  const GITHUB_EVENT_PATH = event({ pull_request: { number: 12, head: { sha } } });
  const env = { ...given, GITHUB_SERVER_URL: "https://git.example.org", GITHUB_SHA: merge };
  const page = (at: string) => `https://git.example.org/o/r/${at}/docs`;
  const ofPull = { ...env, GITHUB_EVENT_PATH, GITHUB_EVENT_NAME: "pull_request" };

  expect(readTrigger(ofPull)).toEqual({ commit: sha, docs: page(`blob/${sha}`) });
  expect(readTrigger({ ...env, GITHUB_EVENT_NAME: "workflow_dispatch" })).toEqual({
    commit: merge,
    docs: page(`blob/${merge}`),
  });
  expect(readTrigger({ ...env, GITEA_ACTIONS: "true" }).docs).toBe(page(`src/commit/${merge}`));
  const ran = { ...env, GITHUB_RUN_ID: "7" };
  const run = "https://git.example.org/o/r/actions/runs/7";
  const asked = (more: object) => readTrigger({ ...ran, ...more });
  expect(asked(ofPull)).toMatchObject({ run, approval: "later" });
  expect(asked({ GITHUB_EVENT_NAME: "push" })).toMatchObject({ run, approval: "now" });
  expect(asked({ GITHUB_EVENT_NAME: "schedule" }).approval).toBeUndefined();
  const onGitea = asked({ ...ofPull, GITEA_ACTIONS: "true" });
  expect(onGitea).toMatchObject({ run });
  expect(onGitea.approval).toBeUndefined();
  expect(readTrigger({})).toEqual({});
  expect(readTrigger({ ...env, GITHUB_SHA: "main" })).toEqual({});
});
