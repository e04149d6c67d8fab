import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { repository } from "../../tools/parts";
import { versions } from "../../tools/parts/versions";

interface Job {
  readonly environment?: { readonly name: string; readonly action?: string };
  readonly variables?: { readonly COMMENT?: string };
  readonly artifacts?: { readonly paths: readonly string[] };
  readonly rules?: readonly { readonly if: string; readonly when?: string }[];
}

const text = readFileSync(join(repository, "examples/gitlab/.gitlab-ci.yml"), "utf8");
const page = readFileSync(join(repository, "docs/gitlab.md"), "utf8");
// GitLab's own tag; what it refers to is of no interest here.
const reference = { tag: "!reference", collection: "seq", resolve: () => null } as const;
const { default: defaults, ...jobs } = parse(text, { customTags: [reference] }) as Readonly<
  Record<string, Job>
> & { readonly default: { readonly image: string } };

it("GitLab's jobs run on the Pulumi that the workflows have", () => {
  expect(defaults.image).toMatch(/^pulumi\/pulumi-nodejs-\d+:/);
  expect(`v${defaults.image.split(":")[1] ?? ""}`).toBe(versions.pulumi);
});

it("`up` compares with the file that `approval` saves", () => {
  const file = "approval-$STACK.json";
  expect(jobs.approval).toMatchObject({
    variables: { COMMENT: `--save-approval ${file}` },
    artifacts: { paths: [file] },
  });
  expect(jobs[".up"]?.variables?.COMMENT).toBe(`--approved ${file}`);
});

it("code of a merge request runs in an environment of its own, and what changes a stack by hand", () => {
  const rulesOf = (name: string) => jobs[name]?.rules ?? [];
  const ofMergeRequest = Object.keys(jobs).filter((name) =>
    rulesOf(name).some((rule) => rule.if.includes("merge_request_event")),
  );
  expect(ofMergeRequest).toEqual(["preview"]);
  expect(jobs.preview?.environment).toEqual({ name: "$STACK-preview", action: "access" });
  for (const [rule, ...others] of ["up", "rollback"].map(rulesOf)) {
    expect(rule?.if).toContain("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
    expect([rule?.when, others]).toEqual(["manual", []]);
  }
  for (const kind of ["read", "preview"]) expect(page).toContain(`| \`staging-${kind}\``);
});
