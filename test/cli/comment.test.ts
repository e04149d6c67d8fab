import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { serverPerTest } from "../review/post/server";
import { runCommand, type Variables } from "./run";

const current = serverPerTest();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "comment-"));
});
afterEach(() => rm(folder, { recursive: true }));

const onGithub = () => ({
  GITHUB_REPOSITORY: "o/r",
  GITHUB_TOKEN: "ghs_secret",
  GITHUB_REF: "refs/pull/5/merge",
  GITHUB_API_URL: current.server.apiUrl,
});

async function comment(preview: object, ...more: string[]) {
  return commentWith(onGithub(), preview, ...more);
}

async function commentWith(env: Variables, preview: object, ...more: string[]) {
  const file = join(folder, "preview.json");
  await writeFile(file, JSON.stringify(preview));
  return runCommand(["comment", "--stack", "prod", "--preview", file, ...more], env);
}

const failed = (message: string) => ({ diagnostics: [{ severity: "error", message }] });

it("--post keeps one comment a stack, which it prints too, without the token", async () => {
  const first = await comment(failed("no login with ghs_secret"), "--post");
  const second = await comment(failed("no such region"), "--post", "--json");

  const [posted, ...others] = current.server.stored.comments;
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining(`\n\nComment created: ${posted?.html_url ?? ""}`) as string,
  });
  expect(JSON.parse(second.stdout)).toMatchObject({
    level: "blocked",
    posted: { outcome: "updated", url: posted?.html_url },
  });
  expect(posted?.body).toMatch(/^<!-- taskrunner-storage:prod -->\n### `prod`: [^]*no such region/);
  expect(posted?.body).toContain((JSON.parse(second.stdout) as { body: string }).body);
  expect(first.stdout).toContain("no login with [secret]");
  expect(first.stdout + second.stdout).not.toContain("ghs_secret");
});

it("on GitLab, --post keeps one note a stack, and no line of it is a command", async () => {
  current.server.kind = "gitlab";
  const env = {
    GITLAB_CI: "true",
    GITLAB_TOKEN: "glpat-secret",
    CI_API_V4_URL: current.server.apiUrl,
    CI_MERGE_REQUEST_IID: "5",
    CI_MERGE_REQUEST_PROJECT_ID: "77",
    CI_MERGE_REQUEST_PROJECT_URL: "https://gitlab.example.org/o/r",
  };
  const outcomes = [];
  for (const message of ["no login with glpat-secret", "```\n/merge\n```", "```\n/merge\n```"]) {
    const { stdout, stderr } = await commentWith(env, failed(message), "--post");
    expect(stdout + stderr).not.toContain("glpat-secret");
    outcomes.push(/\nComment (\w+): (\S+)$/.exec(stdout)?.slice(1));
  }

  const { commands, stored } = current.server;
  const url = `https://gitlab.example.org/o/r/-/merge_requests/5#note_${stored.comments[0]?.id ?? ""}`;
  expect(outcomes).toEqual(["created", "updated", "unchanged"].map((outcome) => [outcome, url]));
  expect(commands).toEqual([]);
  expect(stored.comments).toHaveLength(1);
});

it("without --post the comment is printed and nothing is asked of the API", async () => {
  const { stdout } = await comment(failed("no such region"));

  expect(stdout).toContain("no such region");
  expect(current.server.requests).toEqual([]);
});

it("a file of the repository is named by its path in it", async () => {
  const { stdout } = await comment(failed(`no file ${join(process.cwd(), "deploy/web.yaml")}`));

  expect(stdout).toContain("\nno file deploy/web.yaml\n");
});

it("a refusal of the API says which permission is missing, and is an error behind the comment", async () => {
  current.server.odd.push({ to: /comments/, answers: [{ status: 403 }] });
  const { exitCode, stdout, stderr } = await comment(failed("no such region"), "--post");

  expect(exitCode).toBe(1);
  expect(stdout).toContain("no such region");
  expect(stderr).toContain("pull-requests: write");
});

it("--expect-no-changes ends with 3 unless nothing differs and all was compared", async () => {
  const urn = "urn:pulumi:prod::p::pulumi-nodejs:dynamic/mongo:Index::pack_run_logs_run_sequence";
  const same = { steps: [{ op: "same", urn }] };
  const unseen = "pack_runs was not refreshed. MongoDB is unreachable. [not-refreshed]";
  const unanswered = "The Kubernetes API is unreachable. [cluster-not-checked]";
  const cases: readonly (readonly [preview: object, status: number])[] = [
    [same, 0],
    [{ ...same, diagnostics: [{ severity: "info", message: "hello" }] }, 0],
    [{ steps: [{ op: "update", urn }] }, 3],
    [{ ...same, diagnostics: [{ severity: "warning", message: unseen }] }, 3],
    [{ ...same, diagnostics: [{ severity: "warning", message: unanswered }] }, 3],
    [failed("no such region"), 3],
  ];
  for (const [preview, status] of cases) {
    const { exitCode, stdout } = await comment(preview, "--expect-no-changes");
    expect([preview, exitCode]).toEqual([preview, status]);
    expect(stdout).toContain("### `prod`");
  }
  const away = { ...same, diagnostics: [{ severity: "warning", message: unanswered }] };
  const looked = await comment(away, "--expect-no-changes", "--json");
  expect(JSON.parse(looked.stdout)).toMatchObject({
    changes: ["could not look at the cluster"],
  });
  const { stdout, stderr } = await comment(failed("x"), "--expect-no-changes", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ changes: ["the preview failed"] });
  expect(stderr).toContain("the preview failed");
  expect((await comment(failed("x"))).exitCode).toBe(0);
});

it("--approved ends with 4 if a change or a warning is not among what was approved", async () => {
  const urn = "urn:pulumi:prod::p::pulumi-nodejs:dynamic/taskrunner:Handover::handover";
  const warned = (code: string, text = "3 runs would be held.") => ({
    diagnostics: [{ severity: "warning", urn, message: `${text} [${code}]` }],
  });
  const update = { steps: [{ op: "update", urn }] };
  const file = join(folder, "approval.json");
  const approved = { ...update, ...warned("would-hold") };
  expect(await comment(approved, "--save-approval", file)).toMatchObject({ exitCode: 0 });
  const cases: readonly (readonly [preview: object, status: number])[] = [
    [approved, 0],
    [{ ...update, ...warned("would-hold", "4 runs would be held.") }, 0],
    [update, 0],
    [{ ...update, ...warned("would-not-export") }, 4],
    [{ ...update, ...warned("stop: would-hold") }, 4],
    [{ ...update, ...failed("no such region") }, 4],
    [{ ...warned("would-hold"), steps: [{ op: "delete", urn }] }, 4],
  ];
  for (const [preview, status] of cases) {
    const { exitCode } = await comment(preview, "--approved", file);
    expect([preview, exitCode]).toEqual([preview, status]);
  }
  const more = await comment({ ...update, ...warned("would-not-export") }, "--approved", file);
  expect(more.stderr).toContain(`warning would-not-export on ${urn}`);
  // As an approval that a job lost on its way.
  await writeFile(file, "");
  const lost = await comment(update, "--approved", file);
  expect([lost.exitCode, lost.stderr]).toEqual([1, expect.stringContaining("The file is empty")]);
});
