import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { program } from "../../cli/program";
import { repository as root } from "../../tools/parts";
import { versions } from "../../tools/parts/versions";
import { actionTexts, previewAction, setupAction, texts, workflow, workflows } from "./read";

const jobs = [...workflows].flatMap(([name, { jobs }]) =>
  Object.entries(jobs).map(([job, content]) => ({ place: `${name} ${job}`, ...content })),
);
const ofActions = [...setupAction.runs.steps, ...previewAction.runs.steps];
const steps = [...jobs.flatMap((job) => job.steps ?? []), ...ofActions];
const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
const page = readFileSync(join(root, "docs/workflows.md"), "utf8");

it("actions are pinned by commit, with their version beside", () => {
  const lines = [...texts.values(), ...actionTexts]
    .flatMap((text) => text.split("\n"))
    .filter((line) => /\buses:/.test(line) && !line.includes("uses: ./"));

  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines)
    expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it("a job can write what it has to, and nothing else", () => {
  for (const { on, permissions } of workflows.values()) {
    expect(permissions).toEqual({ contents: "read" });
    expect(JSON.stringify(on)).not.toContain("pull_request_target");
  }
  const writes = jobs.flatMap(({ place, permissions = {} }) =>
    Object.entries(permissions)
      .filter(([what, right]) => right !== "read" && what !== "id-token")
      .map(([what, right]) => `${place}: ${what} ${right}`),
  );
  expect(writes.sort()).toEqual([
    "preview.yml preview: pull-requests write",
    "release.yml publish: contents write",
    "release.yml publish: packages write",
    "rollback.yml branch: contents write",
  ]);
  const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));
  const persisting = checkouts.filter(
    ({ with: given }) => given?.["persist-credentials"] !== false,
  );
  // `up` pushes, and only with the key that a site gives it for that.
  expect(persisting.map(({ with: given }) => given)).toEqual([
    {
      "ssh-key": "${{ secrets.DEPLOY_KEY }}",
      "persist-credentials": "${{ secrets.DEPLOY_KEY != '' }}",
    },
  ]);
});

it("up and rollback of a stack share one group, and none that waits for its approval holds it", () => {
  const group = { "cancel-in-progress": false, queue: "max" };
  expect(workflow("stack-up.yml").jobs.up?.concurrency).toEqual({
    group: "stack-${{ inputs.stack }}",
    ...group,
  });
  // actionlint does not know the key yet, nor act.
  expect(workflow("up.yml").jobs.dev?.concurrency).toEqual({ group: "stack-dev", ...group });
  for (const name of ["stack.yml", "rollback.yml"])
    expect(workflow(name).jobs.approve?.concurrency).toBeUndefined();
});

it("code of a pull request runs in environments of its own", () => {
  for (const [name, { jobs: all }] of workflows) {
    const environments = Object.values(all).flatMap(({ environment = [] }) => environment);
    if (name === "preview.yml") expect(environments).toEqual(["${{ matrix.stack }}-preview"]);
    else expect(environments.join()).not.toContain("-preview");
  }
  for (const kind of ["up", "read", "preview"]) expect(page).toContain(`| \`staging-${kind}\` |`);
});

it("`passed` waits for every job of check, and each shard of a job is run", () => {
  const { passed, ...others } = workflow("check.yml").jobs;
  expect(passed?.needs).toEqual(Object.keys(others));
  const sharded = jobs.flatMap(({ strategy }) => [strategy?.matrix.shard ?? []]);
  for (const shards of sharded)
    expect(shards).toEqual(Array.from(shards, (_, at) => `${at + 1}/${shards.length}`));
});

it("what differs between sites is in variables, and the docs have each", () => {
  const all = [...texts.values(), ...actionTexts].join("\n");
  const named = [...all.matchAll(/(?:\bvars|inputs\.variables\))\.(\w+)/g)].map(
    ([, name = ""]) => name,
  );
  expect(named).toEqual(expect.arrayContaining(["STACKS", "RUNNER", "AWS_ROLE"]));
  for (const name of new Set(named))
    expect(page).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, "m"));
});

it("secrets are given only to steps that need them, beside packages that run no scripts", () => {
  const secret = /secrets\.[A-Z]/;
  for (const { place, env = {}, steps: own = [] } of jobs) {
    expect(JSON.stringify(env), place).not.toMatch(secret);
    for (const { uses = "", run = "", env: given = {} } of own) {
      if (!secret.test(JSON.stringify(given))) continue;
      expect(`${uses}${run}`, place).toMatch(
        /^\.\/\.github\/actions\/preview$|pulumi (up|config|cancel) /,
      );
    }
    const isWithSecrets = secret.test(JSON.stringify(own));
    const sets = own.filter(({ uses }) => uses === "./.github/actions/setup");
    for (const { with: given } of sets) {
      expect(given?.variables, place).toBe(isWithSecrets ? "${{ toJSON(vars) }}" : undefined);
    }
  }
  const install = setupAction.runs.steps.find(({ run }) => run?.startsWith("npm ci"));
  expect(install?.env?.OPTIONS).toContain("'--omit=dev --ignore-scripts'");
  // No action of somebody else's is among the steps that get them.
  expect(previewAction.runs.steps.filter(({ uses }) => uses)).toEqual([]);
});

it("the shell is one line a step, and nothing from outside is pasted into it", () => {
  expect(runs.length).toBeGreaterThan(15);
  for (const run of runs) expect(run).not.toMatch(/\n|\$\{\{/);
});

it("a step calls targets, and commands with options, that are there", () => {
  const makefile = readFileSync(join(root, "Makefile"), "utf8");
  for (const run of runs) {
    const targets = /^(?:sudo -E env \S+ )?make ([\w -]+)/.exec(run)?.[1]?.split(" ") ?? [];
    for (const target of targets) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
    const [, name = "", rest = ""] = /npx taskrunner-storage (\w+)(.*)/.exec(run) ?? [];
    if (name === "") continue;
    const command = program.commands.find((one) => one.name() === name);
    const options = command?.options.map(({ long }) => long);
    for (const [option] of rest.matchAll(/(?<= )--[\w-]+/g)) expect(options, run).toContain(option);
  }
});

it("a job has the Pulumi that is tested here", () => {
  const pulumi = setupAction.runs.steps.find(({ uses }) => uses?.startsWith("pulumi/actions@"));
  expect(`v${String(pulumi?.with?.["pulumi-version"])}`).toBe(versions.pulumi);
});
