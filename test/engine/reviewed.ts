import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "vitest";
import { bundledCommands } from "../cli/bundled";
import { rendered } from "../review/rendered";
import { withoutFolders } from "../review/stable";
import type { TestStack } from "./stack";

const bin = bundledCommands();

/** What `comment --json` prints. */
export interface Review {
  readonly headline: string;
  readonly level: string;
  readonly verdict: string;
  readonly body: string;
  readonly databases: readonly object[];
  /** What it says of an approval that has less; empty if all was approved. */
  readonly unapproved: string;
}

/** What a review is made with. */
export interface ReviewedStackOptions {
  /** Of the database that the plan looks at; without one there is no plan. */
  readonly uri?: string | undefined;
  /** Whether it answers: a preview that a busy machine kept from it is then made once more. */
  readonly answers?: boolean;
  /** More arguments of `pulumi preview`. */
  readonly args?: readonly string[];
  /** More arguments of `comment`. */
  readonly comment?: readonly string[];
}

/** A workflow on a pull request, the same on any machine. */
const workflow = {
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REPOSITORY: "example/deployments",
  GITHUB_EVENT_NAME: "pull_request",
  GITHUB_EVENT_PATH: "",
  GITEA_ACTIONS: "",
  GITHUB_SHA: "5a1c0f3e9d2b4a6788c1e0f5d3b2a19876543210",
  GITHUB_RUN_ID: "7412905518",
};
const ownLink =
  /^\[[\w `-]+\]\(https:\/\/github\.com\/example\/deployments\/(blob|actions)\/[\w/.#-]+\)$/;

const unreached = /Server selection timed out|MongoDB is (unreachable|out of reach)/;

/** The review of a preview of the stack as it is configured, made as a workflow makes it. */
export async function reviewed(
  stack: TestStack,
  { answers = true, ...options }: ReviewedStackOptions,
): Promise<Review> {
  const first = await reviewOf(stack, options);
  return answers && unreached.test(first.body) ? reviewOf(stack, options) : first;
}

async function reviewOf(
  stack: TestStack,
  { uri, args = [], comment: more = [] }: Omit<ReviewedStackOptions, "answers">,
): Promise<Review> {
  const preview = join(stack.folder, "preview.json");
  const plan = join(stack.folder, "plan.json");
  const env = { TASKRUNNER_MONGO_URI: uri, ...workflow };
  const run = (...all: string[]) => execa("node", [bin, ...all], { env, reject: false });
  const { output } = await stack.previewAsJson(...args);
  await writeFile(preview, withoutFolders(output, stack.folder));
  const settings = join(stack.folder, `Pulumi.${stack.name}.yaml`);
  // A plan that fails is none, as in the workflow.
  const asked = ["plan", "--json", "--exit-zero", "--settings", settings];
  const { stdout = "", failed = true } = uri ? await run(...asked) : {};
  const planned = failed ? "" : stdout;
  await writeFile(plan, withoutFolders(planned, stack.folder));
  const comment = await run(
    "comment",
    "--json",
    "--preview",
    preview,
    ...more,
    ...(planned === "" ? [] : ["--plan", plan]),
  );
  const { stderr: unapproved, exitCode } = comment;
  expect(exitCode).toBe(unapproved === "" ? 0 : 4);
  const review = { ...(JSON.parse(comment.stdout) as Review), unapproved };
  const { links } = rendered(review.body);
  expect(links.length).toBeGreaterThan(1);
  expect(links.filter((link) => !ownLink.test(link))).toEqual([]);
  return review;
}
