import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../parts";

/** The pages for people, by their path in the repository, uncommitted ones included. */
export function listPages(): string[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"];
  const files = execFileSync("git", list, { cwd: repository, encoding: "utf8" }).split("\n");
  return files.filter((name) => isPage(name) && existsSync(join(repository, name)));
}

/** The tests keep pages that commands wrote. */
const isPage = (name: string) =>
  name !== "" && !name.startsWith("test/") && !name.endsWith("/pull_request_template.md");
