import { appendFileSync } from "node:fs";
import type { Environment } from "./target";

/**
 * Writes a text into the summary of a workflow's job, where there is one (GITHUB_STEP_SUMMARY).
 *
 * @param body Markdown
 * @returns whether there is one
 */
export function writeSummary(body: string, env: Environment): boolean {
  const { GITHUB_STEP_SUMMARY: file = "" } = env;
  if (file === "") return false;
  appendFileSync(file, `${body}\n\n`);
  return true;
}
