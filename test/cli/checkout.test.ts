import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { repositoryPerTest, settings } from "../checkout/repository";
import { rendered } from "../review/rendered";
import { serverPerTest } from "../review/post/server";
import { bundledCommands } from "./bundled";

const repository = repositoryPerTest();
const current = serverPerTest();
const bin = bundledCommands();
const file = "Pulumi.prod.yaml";

async function run(...args: string[]) {
  const env = {
    ...{ GITHUB_REPOSITORY: "o/r", GITHUB_TOKEN: "ghs_secret", GITHUB_ACTOR: "op" },
    ...{ GITHUB_SERVER_URL: "http://web", GITHUB_RUN_ID: "77" },
    GITHUB_API_URL: current.server.apiUrl,
  };
  const options = { env, cwd: repository.checkout, reject: false } as const;
  const { stdout, stderr, exitCode } = await execa("node", [bin, ...args], options);
  expect(stdout + stderr).not.toContain("ghs_secret");
  return { stdout, stderr, exitCode };
}

const write = (name: string, content: unknown) =>
  writeFile(join(repository.folder, name), JSON.stringify(content));
const guard = () =>
  run("guard", "--stack", "prod", "--outputs", "../outputs.json", "--history", "../history.json");

/** An `up` in a stack's history; the newest comes first. */
const up = (head: string, mode: string, result = "succeeded") => ({
  ...{ kind: "update", result, environment: { "git.head": head } },
  config: { "taskrunner-storage:storageMode": { value: mode, secret: false } },
});
const outputs = (storageMode: string, commit: string) => ({
  storageMode,
  source: { commit, storageMode: "mongo" },
});

it("guard refuses an up after a rollback until git knows of it", async () => {
  const first = await repository.commit({ [file]: settings("mongo") });
  await write("outputs.json", outputs("filesystem", first));
  await write("history.json", [up(first, "filesystem"), up(first, "mongo")]);

  const refused = await guard();
  expect(refused.exitCode).toBe(3);
  expect(refused.stdout).toContain("merge the pull request that the rollback opened");
  await repository.commit({ [file]: settings("filesystem") });
  expect(await guard()).toMatchObject({
    exitCode: 0,
    stdout: "prod runs in mode filesystem, as git says.",
  });
  await repository.commit({ [file]: settings("mongo") });
  expect((await guard()).exitCode).toBe(0);
}, 60_000);

it("guard lets no up undo a rollback that stopped half-way, whatever the outputs say", async () => {
  const cutover = await repository.commit({ [file]: settings("mongo") });
  await write("outputs.json", outputs("mongo", cutover));
  await write("history.json", [up(cutover, "filesystem", "failed"), up(cutover, "mongo")]);

  const refused = await guard();
  expect(refused.exitCode).toBe(3);
  expect(refused.stdout).toContain("prod's last up was a rollback and stopped halfway");
}, 30_000);

it("guard refuses an up whose commit does not descend from the last one's", async () => {
  const first = await repository.commit({ [file]: settings("filesystem") });
  const second = await repository.commit({ [file]: settings("mongo") });
  await write("outputs.json", outputs("mongo", second));
  await write("history.json", [up(second, "mongo"), up(first, "filesystem")]);
  expect((await guard()).exitCode).toBe(0);

  await repository.git("checkout", "--quiet", first);
  const refused = await guard();
  expect(refused.exitCode).toBe(3);
  expect(refused.stdout).toContain(`ran from ${second}, which is not in the history`);
}, 30_000);

it("guard fails if it cannot know", async () => {
  const first = await repository.commit({ [file]: settings("mongo") });
  await write("history.json", [up(first, "mongo")]);
  await write("outputs.json", { name: "taskrunner-storage" });
  expect(await guard()).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("have no storageMode and source") as string,
  });
  await write("outputs.json", {});
  expect(await guard()).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("the history has an up of prod that succeeded") as string,
  });
  await write("history.json", []);
  expect(await guard()).toMatchObject({ exitCode: 0, stdout: "prod has not run yet." });

  const outputsAlone = ["guard", "--stack", "prod", "--outputs", "../outputs.json"];
  expect(await run(...outputsAlone)).toMatchObject({ exitCode: 64 });
  expect(await run("guard", "--stack", "prod")).toMatchObject({
    exitCode: 64,
    stderr: expect.stringContaining("No option names what to guard") as string,
  });
}, 60_000);

it("guard refuses an environment that nobody has to approve", async () => {
  const ask = () => run("guard", "--reviewers", "prod");
  const environment = (...rules: object[]) => {
    current.server.environments.set("prod", { name: "prod", protection_rules: rules });
  };
  const missing = await ask();
  expect(missing.exitCode).toBe(3);
  expect(missing.stdout).toContain("Refused: environment prod of o/r has no required reviewer");
  environment({ type: "branch_policy" }, { type: "required_reviewers", reviewers: [] });
  expect((await ask()).exitCode).toBe(3);

  environment({ type: "required_reviewers", reviewers: [{ type: "Team", reviewer: {} }] });
  expect(await ask()).toMatchObject({
    exitCode: 0,
    stdout: "Environment prod has a required reviewer.",
  });
  current.server.odd.push({ to: /environments/, answers: [{ status: 403 }] });
  expect(await ask()).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("give the job actions: read") as string,
  });
}, 60_000);

it("mode sets the mode and puts the change into one pull request", async () => {
  await repository.commit({ [file]: settings("mongo") });

  expect(await run("mode", "--stack", "prod")).toMatchObject({
    exitCode: 0,
    stdout: `${file}: storageMode mongo.`,
  });
  const propose = ["mode", "--stack", "prod", "--set", "filesystem", "--pull-request"];
  const done = await run(...propose);
  const [pull] = current.server.stored.pulls;
  expect(done).toMatchObject({
    exitCode: 0,
    stdout: `${file}: storageMode filesystem, changed.\nPull request: ${pull?.html_url ?? ""}`,
  });
  expect(await readFile(join(repository.checkout, file), "utf8")).toBe(settings("filesystem"));
  expect(pull).toMatchObject({
    title: "prod: storageMode filesystem",
    head: { ref: "taskrunner-storage/filesystem-prod" },
    base: { ref: "main" },
    body: expect.stringContaining("Done by http://web/o/r/actions/runs/77") as string,
  });
  expect(pull?.body).toMatch(/^Stack `prod` is to be in [^]* or does it where nothing was\./);
  expect(pull?.body).toContain("an `up` that would undo it is refused, once it has begun.");
  expect(pull?.body).not.toContain("was taken");
  const branch = ["show", `${pull?.head?.ref ?? ""}:${file}`];
  expect(await repository.git("--git-dir", repository.origin, ...branch)).toBe(
    settings("filesystem").trimEnd(),
  );

  const again = await run(...propose, "--json");
  expect(JSON.parse(again.stdout)).toEqual({
    storageMode: "filesystem",
    changed: false,
    pullRequest: pull?.html_url,
  });
  expect(current.server.stored.pulls).toHaveLength(1);

  await repository.commit({});
  expect((await run(...propose)).stdout).toContain("Git says so already.");
}, 60_000);

const urn = (type: string, name: string) =>
  `urn:pulumi:prod::taskrunner-storage::taskrunner:storage:PackRunMigration$${type}::${name}`;
const index = "pulumi-nodejs:dynamic/mongo:Index";
const drifted = {
  steps: [
    { op: "refresh", urn: urn(index, "pack_runs_updatedAt_desc") },
    { op: "same", urn: urn(index, "other") },
    { op: "create", urn: urn(index, "pack_runs_updatedAt_desc") },
    { op: "update", urn: urn(index, "a`|<img>@all\n") },
  ],
  changeSummary: { create: 1, same: 1, update: 1 },
};
const drift = async (...more: string[]) => {
  await writeFile(join(repository.checkout, file), settings("mongo"));
  return run("drift", "--stack", "prod", "--preview", "../preview.json", ...more);
};

it("drift opens an issue, and closes it when nothing differs", async () => {
  await write("preview.json", drifted);
  const found = await drift("--post");
  const [issue] = current.server.stored.issues;
  expect(found.exitCode).toBe(2);
  expect(found.stdout).toContain(`Issue created: ${issue?.html_url ?? ""}`);
  expect(issue?.title).toBe("prod differs from the settings in git");
  expect(issue?.body).toContain("2 resources of stack `prod` differ");
  expect(issue?.body).toContain(`| \`create\` | \`pack_runs_updatedAt_desc\` | \`${index}\` |`);
  const { html, links, words } = rendered(issue?.body ?? "");
  expect(issue?.body).toContain("| `change` | `` a` ``&#124;`<img>@all` |");
  expect([html.slice(1), links.slice(1)]).toEqual([[], []]);
  expect(words).not.toContain("@all");
  expect(issue?.body).toContain("Found by http://web/o/r/actions/runs/77");
  expect(found.stdout).toContain("2 resources of stack `prod` differ");
  expect((await drift("--exit-zero")).exitCode).toBe(0);

  await write("preview.json", { steps: [{ op: "same", urn: urn(index, "x") }] });
  expect(await drift("--post")).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^Nothing of stack `prod` differs[^]*Issue closed:/) as string,
  });
  expect(current.server.stored.issues).toMatchObject([{ state: "closed" }]);
}, 60_000);

const same = [{ op: "same", urn: urn(index, "x") }];
const outOfReach =
  "Connecting to MongoDB at db:27017 failed: connect ECONNREFUSED. Check that it runs.";
/** As the engine has it: standard error of a provider. */
const notRefreshed = (name: string) => ({
  ...{ severity: "info#err", message: `warning: ${name} was not refreshed. ${outOfReach}\n\n` },
});

it("drift keeps the issue open, or opens one, where MongoDB was not looked at", async () => {
  await write("preview.json", drifted);
  await drift("--post");
  const diagnostics = [notRefreshed("pack_runs"), notRefreshed("pack_runs_updatedAt_desc")];
  await write("preview.json", { steps: same, diagnostics });
  const found = await drift("--post", "--json");

  expect(found.exitCode).toBe(2);
  expect(JSON.parse(found.stdout)).toMatchObject({
    differences: [],
    notLookedAt: [{ reason: outOfReach, names: ["pack_runs", "pack_runs_updatedAt_desc"] }],
    posted: { outcome: "updated" },
  });
  const [issue] = current.server.stored.issues;
  expect(issue).toMatchObject({
    state: "open",
    title: "prod could not be compared with the settings in git",
  });
  expect(issue?.body).toContain(`- \`pack_runs\`, \`pack_runs_updatedAt_desc\`: \`${outOfReach}\``);
  expect(issue?.body).not.toMatch(/Nothing of stack|resource of stack/);

  await write("preview.json", { ...drifted, diagnostics });
  expect((await drift()).stdout).toMatch(/2 resources of stack [^]*What else differs is not known/);
  const warning = `warning: ${outOfReach} This preview goes on without the data; \`pulumi up\` checks it first.`;
  const once = { severity: "warning", message: warning, urn: urn("x", "y") };
  await write("preview.json", { steps: same, diagnostics: [once] });
  expect(await drift()).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(/^- MongoDB: `+Connecting/m) as string,
  });
}, 60_000);

it("drift says that no refresh compares what a Job has made", async () => {
  const config = { "taskrunner-storage:jobs": '{"image":"commands:1"}' };
  await write("preview.json", { steps: same, config });
  const { exitCode, stdout } = await drift("--post");

  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Nothing of stack `prod` differs[^]*were not compared, because/);
  expect(stdout).toContain("`taskrunner-storage plan --stack prod` does");
  expect(current.server.stored.issues).toEqual([]);
}, 30_000);

it("a preview that failed closes nothing", async () => {
  await write("preview.json", {
    steps: [{ op: "same", urn: urn(index, "x") }],
    diagnostics: [{ severity: "error", message: "no" }],
  });

  expect(await drift("--post")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("The preview failed") as string,
  });
  expect(current.server.requests).toEqual([]);
}, 30_000);
