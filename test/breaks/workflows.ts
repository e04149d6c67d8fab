import type { Break } from "./breaks";

/** What a workflow asks before it changes a stack, and what a rollback leaves in Git. */
export const workflows: readonly Break[] = [
  {
    guarantee: "an up from a commit that does not descend from the last one's is refused",
    file: "components/checkout/may-follow.ts",
    find: "if (!(await isInHistory(commit, file))) return refuse(describeOther(stack, commit));",
    replace: "",
    tests: ["test/checkout/may-follow.test.ts > is refused, older or on another branch"],
  },
  {
    guarantee: "no up undoes a rollback that git does not know of",
    file: "components/checkout/may-follow.ts",
    find: '!declared.includes("filesystem")',
    replace: "declared.length === 0",
    tests: ["test/checkout/may-follow.test.ts > refuses an up to mongo, whatever else"],
  },
  {
    guarantee: "no up undoes a rollback that stopped half-way",
    file: "components/checkout/may-follow.ts",
    find: 'const isRolledBack = isHalfWay || running === "filesystem";',
    replace: 'const isRolledBack = running === "filesystem";',
    tests: ["test/checkout/may-follow.test.ts > lets no up undo it"],
  },
  {
    guarantee: "outputs that do not say the mode are no first up",
    file: "components/checkout/stack.ts",
    find: "if (isDeepStrictEqual(found, {})) return undefined;",
    replace: 'if (!text.includes("storageMode")) return undefined;',
    tests: ["test/checkout/stack.test.ts"],
  },
  {
    guarantee: "empty outputs of a stack that has run are an error",
    file: "cli/guard.ts",
    find: "if (!last && hasRun) {",
    replace: "if (false) {",
    tests: ["test/cli/checkout.test.ts > guard fails if it cannot know"],
  },
  {
    guarantee: "an environment without a required reviewer stops the workflow",
    file: "components/review/post/reviewers.ts",
    find: "rule.reviewers.length > 0",
    replace: "true",
    tests: ["test/cli/checkout.test.ts > nobody has to approve"],
  },
  {
    guarantee: "the rollback's arguments are words, and no patterns of files",
    file: ".github/workflows/stack-up.yml",
    find: "set -f; pulumi up --yes --skip-preview",
    replace: "pulumi up --yes --skip-preview",
    tests: ["test/workflows/steps.test.ts > as words, and the stack stays its own"],
  },
  {
    guarantee: "policies are asked before an up",
    file: ".github/workflows/stack-up.yml",
    find: "pulumi up --yes --policy-pack policy/bin.cjs",
    replace: "pulumi up --yes --skip-preview",
    tests: ["test/workflows/steps.test.ts > are asked in every preview"],
  },
  {
    guarantee: "a merge of a component runs up",
    file: ".github/workflows/up.yml",
    find: "      - components/**\n",
    replace: "",
    tests: ["test/workflows/steps.test.ts > that changes what the program is made of"],
  },
  {
    guarantee: "a pull request changes the mode and nothing else",
    file: "components/checkout/push.ts",
    find: 'await git(file, ["add", "--", name], environment);',
    replace: 'await git(file, ["add", "--all"], environment);',
    tests: ["test/checkout/push.test.ts"],
  },
  {
    guarantee: "the token is in no argument of a process",
    file: "components/checkout/push.ts",
    find: 'await git(file, ["push", "--quiet", "--force", "origin", branch], environment);',
    replace: `const { GIT_CONFIG_KEY_1: key = "a.b", GIT_CONFIG_VALUE_1: value = "" } = environment;
  const login = ["-c", \`\${key}=\`, "-c", \`\${key}=\${value}\`];
  await git(file, [...login, "push", "--quiet", "--force", "origin", branch]);`,
    tests: ["test/checkout/push.test.ts"],
  },
  {
    guarantee: "a pull request waits until the forge knows its branch",
    file: "components/review/post/pull-request.ts",
    find: "await waitForBranch(api, branch, options);",
    replace: "",
    tests: ["test/review/post/pull-request.test.ts > waits until the forge knows"],
  },
  {
    guarantee: "the program warns of what a workflow would refuse",
    file: "components/checkout/program.ts",
    find: "hasServices ? await refusalOf(source, file, storageMode) : undefined",
    replace: "hasServices ? undefined : undefined",
    tests: ["test/checkout/program.test.ts > warns of what a workflow would refuse"],
  },
  {
    guarantee: "credentials outlive the job that changes a stack",
    file: ".github/workflows/stack-up.yml",
    find: "ROLE_DURATION_SECONDS || '21600'",
    replace: "ROLE_DURATION_SECONDS || '3600'",
    tests: ["test/workflows/steps.test.ts > logins are valid as long as the job"],
  },
];
