import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repository } from "../../tools/parts";
import { stepsOf, workflow, type WorkflowStep } from "./read";

const up = stepsOf("stack.yml", "up");
const preview = stepsOf("stack.yml", "preview");
const runOf = ({ run = "" }: WorkflowStep) => run;

it("only an up that goes on despite its preview has none of its own, and survives a failed one", () => {
  const ups = up.filter((step) => runOf(step).includes("pulumi up"));
  const skips = (step: WorkflowStep) => runOf(step).includes("--skip-preview");
  expect(ups.map((step) => [step.if, skips(step)])).toEqual([
    ["${{ !inputs.despite-preview }}", false],
    ["inputs.despite-preview", true],
  ]);
  const { env } = workflow("stack.yml").jobs.up ?? {};
  expect(env?.SKIPS_PREVIEW).toBe("${{ inputs.despite-preview }}");
  const previews = up.filter((step) =>
    /pulumi preview|storage (plan|comment) |printenv APPROVED/.test(runOf(step)),
  );
  expect(previews).toHaveLength(4);
  for (const step of previews) expect(step.if).toBe("env.SKIPS_PREVIEW != 'true'");
  for (const steps of [preview, up]) {
    const fails = steps.find((step) => runOf(step).includes("exit 1"));
    expect(fails?.if).toBe("steps.preview.outcome == 'failure' && !inputs.despite-preview");
  }
});

describe("the shell of a step", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "steps-"));
    const pulumi = `#!/bin/sh\nfor word in "$@"; do echo "$word"; done >> "${folder}/words"\n`;
    await writeFile(join(folder, "pulumi"), pulumi);
    await chmod(join(folder, "pulumi"), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Runs it as a runner does, with a stand-in for Pulumi that notes its arguments. */
  async function wordsOf({ run = "" }: WorkflowStep, env: Readonly<Record<string, string>>) {
    const path = `${folder}:${process.env.PATH ?? ""}`;
    const all = { PATH: path, STACK: "prod", RUNNER_TEMP: folder, ...env };
    await execa("bash", ["-e", "-c", run], { cwd: folder, env: all, extendEnv: false });
    return (await readFile(join(folder, "words"), "utf8")).trimEnd().split("\n");
  }

  const further =
    "--exclude urn:pulumi:prod::p::*::w* --continue-on-error --stack staging; touch x";
  const words = [
    "--exclude",
    "urn:pulumi:prod::p::*::w*",
    "--continue-on-error",
    "--stack",
    "staging;",
    "touch",
    "x",
    "--stack",
    "prod",
  ];

  it.each([
    ["up", up.find((step) => runOf(step).includes("--policy-pack"))],
    ["up despite its preview", up.find((step) => runOf(step).includes("--skip-preview"))],
  ])("hands arguments to %s as words, and the stack stays its own", async (_, step = {}) => {
    // A pattern would become these names.
    await writeFile(join(folder, "urn:pulumi:prod::p::a::web"), "");
    const given = await wordsOf(step, { ARGUMENTS: further });
    expect(given.slice(-words.length)).toEqual(words);
  });

  it("hands them to the preview without --continue-on-error, which it does not know", async () => {
    const both = preview.filter((step) => runOf(step).includes("pulumi preview"));
    expect(both).toHaveLength(2);
    for (const step of both) {
      const given = await wordsOf(step, { ARGUMENTS: further });
      const known = words.filter((word) => word !== "--continue-on-error");
      expect(given.slice(-known.length)).toEqual(known);
    }
  });

  it.each([
    ["the preview", preview.find(({ id }) => id === "preview")],
    ["up", up.find((step) => runOf(step).includes("--policy-pack"))],
  ])("hands none to %s if there are none", async (_, step = {}) => {
    const given = await wordsOf(step, { ARGUMENTS: "" });
    expect(given.slice(-3)).toEqual(["--non-interactive", "--stack", "prod"]);
  });

  it("gives the comment a plan if there is one, and does without if not", async () => {
    const run = preview.map(runOf).find((one) => one.includes("storage plan ")) ?? "";
    const planned = async (npx: string) => {
      await writeFile(join(folder, "npx"), `#!/bin/sh\n${npx}\n`, { mode: 0o755 });
      await writeFile(join(folder, "env"), "");
      const PATH = `${folder}:${process.env.PATH ?? ""}`;
      const env = { PATH, STACK: "prod", RUNNER_TEMP: folder, GITHUB_ENV: join(folder, "env") };
      await execa("bash", ["-eo", "pipefail", "-c", run], { env });
      return readFile(join(folder, "env"), "utf8");
    };
    expect(await planned("echo '{}'")).toBe(`PLAN=${folder}/plan.json\n`);
    expect(await planned("exit 64")).toBe("");
  });

  it("hands an approval over as it is, and refuses one that was lost on its way", async () => {
    const runStep = (part: string, env: Readonly<Record<string, string>>) => {
      const run = [...preview, ...up].map(runOf).find((one) => one.includes(part)) ?? "";
      const all = { ...env, RUNNER_TEMP: folder, GITHUB_OUTPUT: join(folder, "output") };
      return execa("bash", ["-eo", "pipefail", "-c", run], { env: all });
    };
    const approval = JSON.stringify(Array.from({ length: 5000 }, (_, at) => `create run-${at}`));
    await writeFile(join(folder, "approval.json"), approval);
    await runStep("approval=", {});
    const [, APPROVED = ""] = (await readFile(join(folder, "output"), "utf8")).split("approval=");
    await runStep("printenv APPROVED", { APPROVED: APPROVED.trim() });
    expect(await readFile(join(folder, "approved.json"), "utf8")).toBe(approval);
    await expect(runStep("printenv APPROVED", { APPROVED: "" })).rejects.toThrow();
  });
});

it("a rollback leaves a branch in which only the mode of the stack is another", async () => {
  const folder = await mkdtemp(join(tmpdir(), "branch-"));
  const origin = join(folder, "origin.git");
  const clone = join(folder, "clone");
  const git = async (...args: string[]) => (await execa("git", args, { cwd: clone })).stdout;
  await execa("git", ["init", "--quiet", "--bare", "--initial-branch", "main", origin]);
  await execa("git", ["clone", "--quiet", origin, clone]);
  const text =
    "config:\n  # ours\n  taskrunner-storage:storageMode: mongo\n  x:storageMode: mongo\n";
  await writeFile(join(clone, "Pulumi.prod.yaml"), text);
  await git("add", ".");
  await git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first");
  await git("push", "--quiet", "origin", "HEAD:main");
  const summary = join(folder, "summary");
  const branch = "taskrunner-storage/filesystem-prod";
  const env = {
    STACK: "prod",
    BASE: "main",
    BRANCH: branch,
    TOKEN: "s3cret",
    GITHUB_ACTOR: "ann",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "o/r",
    GITHUB_STEP_SUMMARY: summary,
  };
  const job = async () => {
    for (const { run } of stepsOf("stack.yml", "branch")) {
      if (run !== undefined) await execa("bash", ["-e", "-c", run], { cwd: clone, env });
    }
  };
  await job();

  expect(await git("show", `origin/${branch}:Pulumi.prod.yaml`)).toBe(
    text.replace("storage:storageMode: mongo", "storage:storageMode: filesystem").trimEnd(),
  );
  expect(await git("log", "-1", "--format=%an: %s", `origin/${branch}`)).toBe(
    "ann: prod: storageMode filesystem",
  );
  expect(await readFile(summary, "utf8")).toContain(
    `https://github.com/o/r/compare/main...${branch}?expand=1`,
  );
  // The second time there is nothing to commit.
  const head = await git("rev-parse", "HEAD");
  await job();
  expect(await git("rev-parse", `origin/${branch}`)).toBe(head);
  await rm(folder, { recursive: true });
});

it("logins are valid as long as the job that changes a stack may take", () => {
  const { env, "timeout-minutes": minutes = 0 } = workflow("stack.yml").jobs.up ?? {};
  expect(env?.ROLE_SECONDS).toBe(`\${{ vars.ROLE_DURATION_SECONDS || '${minutes * 60}' }}`);
  const logins = up.filter(({ uses }) => /^(pulumi\/auth|aws-actions)/.test(uses ?? ""));
  const durations = logins.map(({ with: given }) => [
    given?.["token-expiration"] ?? given?.["role-duration-seconds"],
  ]);
  expect(durations.flat()).toEqual(["${{ env.ROLE_SECONDS }}", "${{ env.ROLE_SECONDS }}"]);
});

describe("a merge", () => {
  const { push } = workflow("up.yml").on as { push: { paths: string[] } };
  const patterns = push.paths.map(
    (path) =>
      new RegExp(
        `^${path
          .replaceAll(".", "\\.")
          .replaceAll(/\*+/g, (stars) => (stars === "**" ? ".*" : "[^/]*"))}$`,
      ),
  );
  const runsUp = (file: string) => patterns.some((pattern) => pattern.test(file));

  it("is previewed by its pull request if it runs up", () => {
    const on = workflow("preview.yml").on as { pull_request: { paths: string[] } };
    expect(on.pull_request.paths).toEqual(push.paths);
  });

  it("that changes what the program is made of runs up", async () => {
    const { metafile } = await build({
      absWorkingDir: repository,
      entryPoints: ["program.cjs", "policy/rules.ts", "components/*/provider.ts"],
      bundle: true,
      write: false,
      metafile: true,
      packages: "external",
      platform: "node",
      outdir: "dist",
      logLevel: "error",
    });
    const files = Object.keys(metafile.inputs);
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => !runsUp(file))).toEqual([]);
    expect(["Pulumi.prod.yaml", "package-lock.json"].every(runsUp)).toBe(true);
  });

  it("that touches nothing of it runs none", async () => {
    const { stdout } = await execa("git", ["ls-files"], { cwd: repository });
    const others = stdout.split("\n").filter((file) => !runsUp(file));
    const folders = new Set(others.map((file) => file.split("/")[0]));
    for (const one of ["README.md", "docs", "test", "tools", ".github"]) {
      expect(folders).toContain(one);
    }
  });
});
