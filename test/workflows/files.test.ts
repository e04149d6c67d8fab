import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { commandSettings } from "../../components/settings";
import { repository as root } from "../../tools/parts";
import { versions } from "../../tools/parts/versions";
import { actionTexts, previewAction, setupAction, texts, workflow, workflows } from "./read";

const jobs = [...workflows].flatMap(([name, { jobs }]) =>
  Object.entries(jobs).map(([job, content]) => ({ place: `${name} ${job}`, ...content })),
);
const ofActions = [...setupAction.runs.steps, ...previewAction.runs.steps];
const steps = [...jobs.flatMap((job) => job.steps ?? []), ...ofActions];
const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

it("there is one for each thing that is to be done", () => {
  expect([...workflows.keys()].sort()).toEqual(
    [
      "breaks",
      "check",
      "drift",
      "preview",
      "release-build",
      "release",
      "rollback",
      "stack-preview",
      "stack-up",
      "stack",
      "up",
    ].map((name) => `${name}.yml`),
  );
});

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
      .filter(([, right]) => right !== "read")
      .map(([what, right]) => `${place}: ${what} ${right}`),
  );
  expect(writes.sort()).toEqual([
    "drift.yml drift: id-token write",
    "preview.yml preview: id-token write",
    "preview.yml preview: pull-requests write",
    "release.yml publish: contents write",
    "release.yml publish: id-token write",
    "release.yml publish: packages write",
    "rollback.yml branch: contents write",
    "rollback.yml preview: id-token write",
    "rollback.yml up: id-token write",
    "stack-preview.yml preview: id-token write",
    "stack-up.yml up: id-token write",
    "stack.yml preview: id-token write",
    "stack.yml up: id-token write",
    "up.yml first: id-token write",
    "up.yml fourth: id-token write",
    "up.yml second: id-token write",
    "up.yml third: id-token write",
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
  const called = (name: string) =>
    Object.values(workflow(name).jobs).filter(({ uses }) => uses?.endsWith("/stack-up.yml"));
  expect(called("stack.yml").map((job) => job.with)).toEqual([
    expect.objectContaining({ stack: "${{ inputs.stack }}" }),
  ]);
  expect(called("rollback.yml").map((job) => job.with)).toEqual([
    expect.objectContaining({ stack: "${{ inputs.stack }}", mode: "filesystem" }),
  ]);
  expect(workflow("stack-up.yml").jobs.up?.concurrency).toEqual({
    group: "stack-${{ inputs.stack }}",
    "cancel-in-progress": false,
    // The ones that wait are not cancelled by one that comes later.
    queue: "max",
  });
  const approvals = jobs.filter(({ environment = "-" }) =>
    /^(\w+|\$\{\{ \S+ \}\})$/.test(environment),
  );
  expect(approvals.map(({ place, concurrency }) => [place, concurrency?.group])).toEqual([
    ["release.yml publish", undefined],
    ["rollback.yml approve", undefined],
    ["stack.yml approve", undefined],
    ["up.yml dev", "stack-dev"],
  ]);
});

it("code of a pull request runs in environments of its own", () => {
  const environments = (name: string) =>
    Object.values(workflow(name).jobs).flatMap(({ environment = [] }) => environment);

  expect(environments("preview.yml")).toEqual(["${{ matrix.stack }}-preview"]);
  for (const name of workflows.keys()) {
    if (name !== "preview.yml") expect(environments(name).join()).not.toContain("-preview");
  }
  expect(environments("drift.yml")).toEqual(["${{ matrix.stack }}-read"]);
  const page = readFileSync(join(root, "docs/workflows.md"), "utf8");
  for (const kind of ["up", "read", "preview"]) expect(page).toContain(`| \`staging-${kind}\` |`);
});

it("stacks go up one after the other, each after its preview and its approval", () => {
  const { dev, ...stacks } = workflow("up.yml").jobs;
  expect(dev?.needs).toBeUndefined();
  const names = Object.keys(stacks);
  expect(names.length).toBeGreaterThan(1);
  for (const [at, { needs, uses, with: given }] of Object.values(stacks).entries()) {
    expect([needs, uses]).toEqual([names[at - 1] ?? "dev", "./.github/workflows/stack.yml"]);
    expect(given).toEqual({ stack: `\${{ fromJSON(vars.STACKS || '[]')[${at}] }}` });
  }
  for (const name of ["stack.yml", "rollback.yml"]) {
    const { preview, approve, up } = workflow(name).jobs;
    expect(preview?.uses).toBe("./.github/workflows/stack-preview.yml");
    expect([approve?.needs, up?.needs]).toEqual(["preview", ["preview", "approve"]]);
    // What was approved is what runs.
    expect(up?.with?.approved).toBe("${{ needs.preview.outputs.approval }}");
  }
});

it("what needs stacks runs only in a repository that says it has them", () => {
  const roots = ["preview.yml", "up.yml", "drift.yml", "rollback.yml"].flatMap((name) =>
    Object.entries(workflow(name).jobs).filter(([, { needs }]) => needs === undefined),
  );
  const needed = roots.filter(
    ([, job]) => job.if !== undefined && /^(vars.STACKS != ''|contains)/.test(job.if),
  );
  expect(needed.map(([name]) => name)).toEqual(["preview", "dev", "drift", "preview"]);
  const others = roots.filter((one) => !needed.includes(one));
  expect(others.map(([name]) => name)).toEqual(["no-preview", "no-stack"]);
  // What somebody asked for by hand fails, in place of being skipped.
  const { "no-stack": fails } = workflow("rollback.yml").jobs;
  expect([fails?.if, fails?.steps?.[0]?.run]).toEqual([
    "${{ !contains(fromJSON(vars.STACKS || '[]'), inputs.stack) }}",
    expect.stringContaining("exit 1"),
  ]);
  expect(readFileSync(join(root, "docs/workflows.md"), "utf8")).toContain("| `STACKS` |");
});

describe("check", () => {
  const { jobs } = workflow("check.yml");
  const events = "github.event_name";
  const fast = `${events} == 'pull_request' || ${events} == 'push'`;
  const rest = `${events} != 'pull_request' && ${events} != 'push'`;

  it("has a lane for pull requests, and the rest at night and in merge queues", () => {
    const { on } = workflow("check.yml") as { on: Record<string, unknown> };
    expect(Object.keys(on)).toEqual(
      expect.arrayContaining(["pull_request", "merge_group", "schedule"]),
    );
    const { lint, rooms, passed, ...others } = jobs;
    expect([lint?.if, rooms?.if, passed?.if]).toEqual([undefined, fast, "always()"]);
    for (const [name, job] of Object.entries(others)) expect(job.if, name).toBe(rest);
    expect(passed?.needs).toEqual(Object.keys(jobs).filter((name) => name !== "passed"));
  });

  it("runs each shard of the rooms", () => {
    const shards = [jobs.rooms?.strategy?.matrix.shard ?? []].flat();
    expect(shards.length).toBeGreaterThan(1);
    expect(shards).toEqual(shards.map((_, at) => `${at + 1}/${shards.length}`));
    const tests = jobs.rooms?.steps?.find(({ run }) => run === "make test");
    expect(tests?.env).toEqual({ SHARD: "${{ matrix.shard }}" });
  });

  it("runs all tests on the newest MongoDB, and on older ones each folder that touches MongoDB", async () => {
    const [all, some] = jobs.test?.steps?.filter(({ run }) => run?.startsWith("make ")) ?? [];
    expect([all?.run, some?.run]).toEqual(["make test test-stacks", "make test"]);
    const newest = [jobs.test?.strategy?.matrix.mongo ?? []].flat().at(-1) ?? "";
    expect([all?.if, some?.if]).toEqual([
      `matrix.mongo == '${newest}'`,
      `matrix.mongo != '${newest}'`,
    ]);
    const folders = some?.env?.ONLY?.split(" ") ?? [];
    for (const folder of folders) expect(existsSync(join(root, folder)), folder).toBe(true);

    const grep = async (...args: string[]) =>
      (await execa("git", ["grep", "-lE", ...args], { cwd: root })).stdout.split("\n");
    const onDriver = await grep('from "mongodb"', "--", "cli", "components");
    const rooms = new Set(onDriver.map((file) => file.replace("components/", "").split("/")[0]));
    const borrowing = await grep("serverForTests|emptyDatabasePerTest", "--", "test/*.test.ts");
    const touching = borrowing
      .map((file) => file.split("/").slice(0, 2))
      .filter(([, room]) => rooms.has(room));
    expect(touching.length).toBeGreaterThan(20);
    expect(folders).toEqual(expect.arrayContaining(touching.map((parts) => parts.join("/"))));
  });
});

it("what differs between sites is in variables, and the docs have each", () => {
  const page = readFileSync(join(root, "docs/workflows.md"), "utf8");
  const all = [...texts.values(), ...actionTexts].join("\n");
  const named = [...all.matchAll(/(?:\bvars|inputs\.variables\))\.(\w+)/g)].map(
    ([, name = ""]) => name,
  );
  expect(named).toEqual(
    expect.arrayContaining(["STACKS", "RUNNER", "AWS_ROLE", "AZURE_CLIENT_ID"]),
  );
  for (const name of new Set(named))
    expect(page).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, "m"));
  // No site's stack, account or cloud is named in a workflow.
  for (const name of ["preview", "up", "drift", "rollback", "stack", "stack-preview", "stack-up"]) {
    expect(texts.get(`${name}.yml`)).not.toMatch(/\b(staging|prod)\b/);
    for (const job of Object.values(workflow(`${name}.yml`).jobs)) {
      if (!job.uses) expect(job["runs-on"]).toContain("vars.RUNNER || 'ubuntu-24.04'");
    }
  }
});

it("the stacks of the docs have examples of their settings, which the commands can read", async () => {
  for (const stack of ["staging", "prod"]) {
    const file = join(root, `examples/atlas/Pulumi.${stack}.yaml`);
    expect(existsSync(file), file).toBe(true);
    await commandSettings({ file });
  }
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

describe("the shell", () => {
  it("is one line a step, and nothing from outside is pasted into it", () => {
    expect(runs.length).toBeGreaterThan(15);
    for (const run of runs) {
      expect(run).not.toContain("\n");
      expect(run).not.toContain("${{");
    }
  });

  // Docker hands it to a shell of the image: what that cannot read leaves the service unhealthy.
  it("can read the health checks of services", async () => {
    const services = jobs.flatMap(({ services = {} }) => Object.values(services));
    const checks = services.flatMap(
      ({ options = "" }) => /--health-cmd "([^"]*)"/.exec(options)?.[1] ?? [],
    );

    expect(checks).toHaveLength(services.length);
    for (const check of checks) await execa("sh", ["-n", "-c", check]);
  });

  it("calls targets that the Makefile has", () => {
    const makefile = readFileSync(join(root, "Makefile"), "utf8");
    const targets = runs.flatMap(
      (run) => /^(?:sudo -E env \S+ )?make ([\w -]+)/.exec(run)?.[1]?.split(" ") ?? [],
    );
    expect(targets.sort()).toEqual([
      "breaks",
      "bundle",
      "lint",
      "mutate",
      "package",
      "test",
      "test",
      "test",
      "test",
      "test-autoscalers",
      "test-node",
      "test-stacks",
      "test-stacks",
      "test-workflows",
      "up",
    ]);
    for (const target of targets) expect(makefile).toMatch(new RegExp(`^${target}:`, "m"));
  });

  it("calls commands with options that they have", async () => {
    const byCommand = new Map<string, Set<string>>();
    for (const run of runs) {
      const [, command = "", rest = ""] = /npx taskrunner-storage (\w+)(.*)/.exec(run) ?? [];
      if (command === "") continue;
      const options = byCommand.get(command) ?? new Set<string>();
      for (const [option] of rest.matchAll(/(?<= )--[\w-]+/g)) options.add(option);
      byCommand.set(command, options);
    }

    expect([...byCommand.keys()].sort()).toEqual(["comment", "plan"]);
    for (const [command, options] of byCommand) {
      const help = await execa("node", [join(root, "cli/bin.cjs"), command, "--help"]);
      for (const option of options) expect(help.stdout, command).toContain(` ${option} `);
    }
  }, 60_000);

  it("has the Pulumi that is tested here", () => {
    const pulumi = setupAction.runs.steps.find(({ uses }) => uses?.startsWith("pulumi/actions@"));
    expect(`v${String(pulumi?.with?.["pulumi-version"])}`).toBe(versions.pulumi);
  });
});
