import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readThread, readTrigger } from "../../../components/review/post";
import { readPullRequest } from "../../../components/review/post/github";
import { readMergeRequest } from "../../../components/review/post/gitlab";

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

describe("on GitLab", () => {
  const token = "glpat-secret";
  const project = "https://gitlab.example.org/group/name";
  const sha = "5a1c0f3e9d2b4a6788c1e0f5d3b2a19876543210";
  const pipeline = {
    GITLAB_CI: "true",
    CI_API_V4_URL: "https://gitlab.example.org/api/v4",
    CI_PROJECT_URL: `${project}-fork`,
    CI_PIPELINE_URL: `${project}/-/pipelines/9`,
    CI_PIPELINE_SOURCE: "merge_request_event",
    CI_COMMIT_SHA: sha,
    CI_MERGE_REQUEST_IID: "12",
    CI_MERGE_REQUEST_PROJECT_ID: "77",
    CI_MERGE_REQUEST_PROJECT_URL: project,
    GITLAB_TOKEN: token,
  };

  it("the merge request is the pipeline's, in the project that it would be merged to", () => {
    expect(readMergeRequest(pipeline)).toEqual({
      project: "77",
      mergeRequest: 12,
      page: `${project}/-/merge_requests/12`,
      apiUrl: "https://gitlab.example.org/api/v4",
      token,
    });
    expect(readThread({ ...given, ...pipeline }).name).toBe(`${project}/-/merge_requests/12`);
  });

  it("everything that is missing is named at once, and no part of the token", () => {
    expect(() => readMergeRequest({})).toThrow(
      /^Missing: CI_API_V4_URL, GITLAB_TOKEN .*, CI_MERGE_REQUEST_PROJECT_ID, CI_MERGE_REQUEST_IID\. /,
    );
    const broken = () => readMergeRequest({ ...pipeline, GITLAB_TOKEN: `${token}\nX-Other: 1` });
    expect(broken).toThrow("Missing: GITLAB_TOKEN");
    expect(broken).not.toThrow(token);
  });

  it("the trigger is the branch's own commit, with the pipeline and the page that explains", () => {
    const trigger = {
      commit: sha,
      docs: `${project}-fork/-/blob/${sha}/docs`,
      run: `${project}/-/pipelines/9`,
      approval: "later",
    };
    expect(readTrigger(pipeline)).toEqual(trigger);
    const CI_COMMIT_SHA = sha.replaceAll("5", "6");
    const merged = { ...pipeline, CI_COMMIT_SHA, CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: sha };
    expect(readTrigger(merged)).toEqual(trigger);
    const from = (CI_PIPELINE_SOURCE: string) => readTrigger({ ...pipeline, CI_PIPELINE_SOURCE });
    expect(from("push").approval).toBe("now");
    expect(from("schedule").approval).toBeUndefined();
    expect(readTrigger({ GITLAB_CI: "true" })).toEqual({});
  });

  it("a repository without the pages has no link to them", () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(readTrigger(pipeline)).toEqual({
        commit: sha,
        run: `${project}/-/pipelines/9`,
        approval: "later",
      });
    } finally {
      process.chdir(before);
    }
  });
});
