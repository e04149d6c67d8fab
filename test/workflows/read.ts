import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "../../tools/parts";

/** A step of a job, or of an action. */
export interface WorkflowStep {
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly if?: string;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly concurrency?: {
    readonly group: string;
    readonly "cancel-in-progress": unknown;
    readonly queue?: string;
  };
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, string | readonly string[]>> };
  readonly with?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly WorkflowStep[];
}

export interface Workflow {
  readonly on: unknown;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(repository, ".github/workflows");

/** What the docs say of the workflows. */
export const page = ["workflows", "workflows-setup"]
  .map((name) => readFileSync(join(repository, `docs/${name}.md`), "utf8"))
  .join("\n");

/** The text of each workflow. */
export const texts = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
);
export const workflows = new Map([...texts].map(([name, text]) => [name, parse(text) as Workflow]));

interface Action {
  readonly runs: { readonly steps: readonly WorkflowStep[] };
}

/** The text of the action of this repository. */
export const actionText = readFileSync(
  join(repository, ".github/actions/setup/action.yml"),
  "utf8",
);
export const setupAction = parse(actionText) as Action;

/** @param name such as `up.yml` */
export function workflow(name: string): Workflow {
  const found = workflows.get(name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

/** The steps of the one job of a workflow that has them. */
export function stepsOf(name: string, job: string): readonly WorkflowStep[] {
  return workflow(name).jobs[job]?.steps ?? [];
}
