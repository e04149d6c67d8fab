import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parse } from "yaml";

/** A rule of a Kubernetes Role. */
export interface AccessRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const page = readFileSync(resolve(__dirname, "../docs/security.md"), "utf8");

/** The rights that docs/security.md asks for in the services' namespace. */
export const servicesRules = rulesBelow("**In the services' namespace**");

/** The rights that docs/security.md asks for there for the canary. */
export const canaryRules = rulesBelow("**For the canary**");

/** The rights that docs/security.md asks for in MongoDB's namespace. */
export const mongoDBRules = rulesBelow("**In MongoDB's namespace**");

/** The Role that docs/security.md has for Jobs. */
export const jobsRules = rulesOfRole();

function rulesBelow(title: string): AccessRule[] {
  const [, below = ""] = page.split(title);
  const [table = ""] = /^(\|.*\n)+/m.exec(below) ?? [];
  const rows = table.trim().split("\n").slice(2);
  const cells = rows.map((row) => row.split("|").map((cell) => words(cell)));
  const rules = cells.flatMap(([, groups, resources, verbs]) =>
    groups && resources && verbs ? [{ apiGroups: groups, resources, verbs }] : [],
  );
  if (rules.length === 0) throw new Error(`docs/security.md has no rights below "${title}"`);
  return rules;
}

/** Words of a cell; `core` is the group without a name. */
function words(cell: string): string[] {
  const all = cell.replaceAll("`", "").split(",");
  return all.map((word) => word.trim()).map((word) => (word === "core" ? "" : word));
}

function rulesOfRole(): AccessRule[] {
  const [, role = ""] = /```yaml\n([^]*?)```/.exec(page) ?? [];
  return (parse(role) as { rules: AccessRule[] }).rules;
}
