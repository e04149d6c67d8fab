import { chmod, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { stringify } from "yaml";
import { generateSample } from "../../../tools/sample";
import { engine, engineEnvironment, gitlabCiLocal, repository } from "../../../tools/parts";
import { deployedMode } from "../../engine/values";
import { borrowServer } from "../../pool";
import { makeProject } from "../../project";
import { ReviewServer } from "../../review/post/server";

/** What a pipeline ended with: everything that its jobs printed, and whether one failed. */
interface PipelineRun {
  readonly output: string;
  readonly failed: boolean;
}

/** A repository on a GitLab whose notes are played, with the stack `staging` on files. */
export interface GitlabSite {
  readonly folder: string;
  readonly notes: ReviewServer;
  readonly token: string;
  setMode(mode: string): Promise<void>;
  mode(): Promise<string | undefined>;
  /** Runs the pipeline of an event, or one job of it. */
  run(source: string, ...args: readonly string[]): Promise<PipelineRun>;
  remove(): Promise<void>;
}

const identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"];

export async function makeGitlabSite(): Promise<GitlabSite> {
  const project = await makeProject(await readFile(join(repository, "index.ts"), "utf8"));
  const { folder } = project;
  for (const name of ["cli", "policy"]) await symlink(join(repository, name), join(folder, name));
  const example = await readFile(join(repository, "examples/gitlab/.gitlab-ci.yml"), "utf8");
  // As a person edits it: one stack, of a clone.
  const edited = example
    .replace("STACK: [staging, prod]", "STACK: [staging]")
    .replace("node_modules/taskrunner-storage/policy", "policy");
  await writeFile(join(folder, ".gitlab-ci.yml"), edited);
  const git = (...args: string[]) => execa("git", [...identity, ...args], { cwd: folder });
  await git("init", "--quiet", "--initial-branch", "main");
  await git("remote", "add", "origin", "git@gitlab.example.org:group/name.git");
  await git("add", ".gitlab-ci.yml");
  await git("commit", "--quiet", "--message", "a site");

  const server = await borrowServer();
  const notes = new ReviewServer();
  notes.kind = "gitlab";
  await notes.start();
  const own = join(folder, "own");
  await mkdir(join(own, "bin"), { recursive: true });
  // The packages are there, and all jobs work in this folder, so that no file is copied from one to another.
  const programs = { npm: 'test "$1" = ci', rsync: "exit 0" };
  for (const [name, line] of Object.entries(programs)) {
    await writeFile(join(own, "bin", name), `#!/bin/sh\n${line}\n`);
    await chmod(join(own, "bin", name), 0o755);
  }
  await generateSample(join(own, "state"), { runs: 5 });
  const deployed = join(own, "rollout");
  await cp(join(repository, "tools/sample/rollout"), deployed, { recursive: true });
  const ofEngine = await engineEnvironment(await engine(), own, "a passphrase of the tests");
  const env = { ...ofEngine, PATH: [join(own, "bin"), ofEngine.PATH].join(delimiter) };
  const setMode = async (storageMode: string) => {
    const settings = {
      storageMode,
      mongoUri: `${server.uri}/gitlab`,
      advanced: { electionSeconds: 5 },
      backfill: { source: { path: join(own, "state") } },
      rollout: { target: "values", directory: deployed, confirm: "none", workerStopped: 1 },
    };
    const config = Object.entries(settings).map(([key, value]) => [
      `taskrunner-storage:${key}`,
      value,
    ]);
    const file = { config: Object.fromEntries(config) as object };
    await writeFile(join(folder, "Pulumi.staging.yaml"), stringify(file));
  };
  await setMode("filesystem");
  await execa("pulumi", ["stack", "init", "staging", "--non-interactive"], { cwd: folder, env });

  const token = "glpat-of-the-tests";
  const variables = (source: string) => ({
    GITLAB_CI: "true",
    GITLAB_TOKEN: token,
    CI_API_V4_URL: notes.apiUrl,
    CI_PIPELINE_SOURCE: source,
    CI_PIPELINE_URL: "https://gitlab.example.org/group/name/-/pipelines/9",
    CI_PROJECT_URL: "https://gitlab.example.org/group/name",
    ...(source === "merge_request_event" && {
      CI_MERGE_REQUEST_IID: "5",
      CI_MERGE_REQUEST_PROJECT_ID: "77",
      CI_MERGE_REQUEST_PROJECT_URL: "https://gitlab.example.org/group/name",
    }),
  });
  const program = await gitlabCiLocal();
  return {
    folder,
    notes,
    token,
    setMode,
    mode: () => deployedMode(deployed, "worker"),
    async run(source, ...args) {
      const given = variables(source);
      const file = join(own, "variables.yml");
      await writeFile(file, stringify(given));
      const options = ["--force-shell-executor", "--concurrency", "1", "--variables-file", file];
      const quiet = ["--ignore-predefined-vars", Object.keys(given).join(",")];
      const home = ["--home", own];
      const { all, failed } = await execa(program, [...options, ...quiet, ...home, ...args], {
        cwd: folder,
        env,
        all: true,
        reject: false,
      });
      return { output: stripVTControlCharacters(all), failed };
    },
    async remove() {
      await notes.stop();
      await server.release();
      await project.remove();
    },
  };
}
