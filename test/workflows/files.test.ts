import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { program } from "../../cli/program";
import { repository as root } from "../../tools/parts";
import { versions } from "../../tools/parts/versions";
import { actionText, page, setupAction, stepsOf, texts, workflow, workflows } from "./read";

const jobs = [...workflows].flatMap(([name, { jobs }]) =>
  Object.entries(jobs).map(([job, content]) => ({ place: `${name} ${job}`, ...content })),
);
const steps = [...jobs.flatMap((job) => job.steps ?? []), ...setupAction.runs.steps];
const stack = [...stepsOf("stack.yml", "preview"), ...stepsOf("stack.yml", "up")];
const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
const callers = ["preview.yml", "up.yml", "rollback.yml", "drift.yml"];

it("actions are pinned by commit, with their version beside", () => {
  const lines = [...texts.values(), actionText]
    .flatMap((text) => text.split("\n"))
    .filter((line) => /\buses:/.test(line) && !line.includes("uses: ./"));

  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines)
    expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it("a job can write what it has to, and nothing else", () => {
  for (const [name, { on, permissions }] of workflows) {
    // Those of its caller.
    expect(permissions, name).toEqual(name === "stack.yml" ? undefined : { contents: "read" });
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
    "rollback.yml rollback: contents write",
  ]);
  const ofCaller = Object.entries(workflow("stack.yml").jobs).filter(
    ([, job]) => job.permissions === undefined,
  );
  expect(ofCaller.map(([name]) => name)).toEqual(["preview", "branch"]);
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
  const { up, approve } = workflow("stack.yml").jobs;
  // actionlint does not know the queue yet, nor does act.
  const group = { "cancel-in-progress": false, queue: "max" };
  expect(up?.concurrency).toEqual({ group: "stack-${{ inputs.stack }}", ...group });
  expect(approve?.concurrency).toBeUndefined();
});

it("code of a pull request runs in environments of its own", () => {
  const environments = jobs.flatMap(({ environment = [] }) => environment);
  expect(environments.filter((name) => name.includes("preview"))).toEqual([
    "${{ inputs.stack }}-${{ inputs.operation == 'preview' && 'preview' || 'read' }}",
  ]);
  const operations = callers.flatMap((name) =>
    Object.values(workflow(name).jobs).flatMap(({ uses, with: given }) =>
      uses === undefined ? [] : [`${name}: ${String(given?.operation)}`],
    ),
  );
  expect([...new Set(operations)]).toEqual(
    callers.map((name) => `${name}: ${name.replace(".yml", "")}`),
  );
  for (const kind of ["up", "read", "preview"]) expect(page).toContain(`| \`staging-${kind}\` |`);
});

it("a repository with the package needs no file but the calls", () => {
  for (const { uses } of stack) expect(uses ?? "").not.toMatch(/^\./);
  const { jobs: all } = workflow("stack.yml");
  expect(Object.values(all).flatMap(({ uses = [] }) => uses)).toEqual([]);
  for (const { uses } of callers.flatMap((name) => Object.values(workflow(name).jobs)))
    expect([undefined, "./.github/workflows/stack.yml"]).toContain(uses);
});

it("`passed` waits for every job of check, and each shard of a job is run", () => {
  const { passed, ...others } = workflow("check.yml").jobs;
  expect(passed?.needs).toEqual(Object.keys(others));
  const sharded = jobs.flatMap(({ strategy }) => [strategy?.matrix.shard ?? []]);
  for (const shards of sharded)
    expect(shards).toEqual(Array.from(shards, (_, at) => `${at + 1}/${shards.length}`));
});

it("what differs between sites is in variables, and the docs have each", () => {
  const all = [...texts.values(), actionText].join("\n");
  const named = [...all.matchAll(/(?:\bvars|inputs\.variables\))\.(\w+)/g)].map(
    ([, name = ""]) => name,
  );
  expect(named).toEqual(expect.arrayContaining(["STACKS", "RUNNER", "AWS_ROLE"]));
  for (const name of new Set(named))
    expect(page).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, "m"));
});

it("secrets are given only to steps that need them, beside packages that run no scripts", () => {
  const secret = /secrets\.[A-Z_]+\b(?! != '')/;
  for (const { place, env = {}, steps: own = [] } of jobs) {
    expect(JSON.stringify(env), place).not.toMatch(secret);
    for (const { uses = "", run = "", env: given = {} } of own) {
      if (!secret.test(JSON.stringify(given))) continue;
      // No action of somebody else's is among them.
      expect(`${uses}${run}`, place).toMatch(
        /pulumi (up|preview|config|cancel|org) |npx taskrunner-storage |printenv KUBECONFIG_TEXT /,
      );
    }
    const install = own.find(({ run }) => run?.startsWith("npm ci"));
    if (install) expect(install.run, place).toBe("npm ci --omit=dev --ignore-scripts");
    const sets = own.filter(({ uses }) => uses === "./.github/actions/setup");
    if (sets.length > 0) expect(JSON.stringify(own), place).not.toMatch(secret);
  }
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
  const installs = steps.filter(({ uses }) => uses?.startsWith("pulumi/actions@"));
  expect(installs).toHaveLength(3);
  for (const { with: given } of installs)
    expect(`v${String(given?.["pulumi-version"])}`).toBe(versions.pulumi);
});
