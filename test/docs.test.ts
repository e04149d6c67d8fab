import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { atlasActions } from "../components/cluster/atlas/users";
import { applicationRole, migratorRole, type DatabaseRole } from "../components/contract";
import { codes } from "../components/text";
import { rules as policyRules } from "../policy/rules";
import { generateFiles } from "../tools/docs/generated";
import { diagramsIn } from "../tools/gallery/page";
import { listPages } from "../tools/lint/pages";
import { documentOptions } from "./contract/options";
import { diagramReader } from "./diagrams";
import { stackFiles } from "./stack-files";

const root = resolve(__dirname, "..");
const page = (name: string) => readFileSync(resolve(root, name), "utf8");
const sources = ["components", "cli"].flatMap((folder) =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name)),
);
it.each(Object.entries(generateFiles()))("%s is what `make docs` writes", (name, text) => {
  expect(page(name)).toBe(text);
});

it("the settings' pages say what each setting means", () => {
  const pages = ["settings", "settings-cluster", "settings-rollout"].map((name) =>
    page(`docs/${name}.md`),
  );
  const rows = pages.join("\n").match(/^\| .* \|$/gm) ?? [];

  expect(rows.length).toBeGreaterThan(150);
  expect(rows.filter((row) => /\|\s*\|$/.test(row))).toEqual([]);
});

it.each(stackFiles)("%s names the schema of the settings in its first line", (name) => {
  const [, path = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(page(name)) ?? [];
  // An example is for the root of a clone, or beside the package.
  const folder = name.startsWith("examples/") ? "" : dirname(name);
  const schema = resolve(root, folder, path.replace("node_modules/taskrunner-storage/", ""));
  expect(schema).toBe(resolve(root, "docs/settings.schema.json"));
});

it("docs/codes.md has every code of a finding, and no other", () => {
  const links = [...page("docs/codes.md").matchAll(/<a id="([a-z-]+)"><\/a>`([a-z-]+)`/g)];
  const named = links.map(([, , code]) => code);

  expect(named.sort()).toEqual([...codes].sort());
  // The review leads there.
  expect(links.filter(([, id, code]) => id !== code)).toEqual([]);
});

it.each(codes)("the code %s is one of a finding", (code) => {
  const others = sources.filter((file) => file !== "components/text/codes.ts");
  expect(others.some((file) => page(file).includes(`"${code}"`))).toBe(true);
});

describe("docs/security.md", () => {
  const security = page("docs/security.md");
  const roles = [migratorRole("taskrunner"), applicationRole("taskrunner", documentOptions)];

  it("has the privileges of both users, under both names", () => {
    const named = (words: readonly string[]) => words.map((word) => `\`${word}\``).join(", ");
    const row = (user: string, on: string, role: DatabaseRole) => {
      const atlas = atlasActions(role).map(({ action }) => action);
      const own = role.privileges[0]?.actions ?? [];
      return `| ${user} (\`${role.createRole}\`) | ${on} | ${named(own)} | ${named(atlas)} |`;
    };
    const [migrator, application] = roles as [DatabaseRole, DatabaseRole];

    expect(security).toContain(row("migrator", "the database", migrator));
    expect(security).toContain(row("services", "the four collections", application));
  });

  it("has a script that creates both roles as they are", () => {
    const [, script = ""] = /\n {4}use taskrunner\n((?: {4}.*\n)+)/.exec(security) ?? [];
    const created: object[] = [];
    const users: object[] = [];
    const db = {
      createRole: (role: object) => created.push(role),
      createUser: (user: object) => users.push(user),
    };
    runInNewContext(script, { db, passwordPrompt: () => "asked for" });

    expect(JSON.parse(JSON.stringify(created))).toEqual(
      roles.map(({ createRole: role, ...others }) => ({ role, ...others })),
    );
    expect(JSON.parse(JSON.stringify(users))).toMatchObject(
      roles.map(({ createRole: role }) => ({ pwd: "asked for", roles: [role] })),
    );
  });
});

it("docs/security.md has every rule of the pack, with its level and its words", () => {
  const level = "mandatory for production, else advice";
  const [, chapter = ""] = page("docs/security.md").split("\n## The policy pack\n");
  const rows = [...chapter.matchAll(/^\| `[^]*?\|$/gm)].map(([row]) => row);

  expect(rows).toEqual(
    Object.values(policyRules).map(
      ({ name, asks, why }) => `| \`${name}\` | ${level} | ${asks} | ${why} |`,
    ),
  );
});

describe("the pages", () => {
  const names = readdirSync(resolve(root, "docs")).filter((name) => name.endsWith(".md"));
  const all = listPages();

  it("are listed in the index", () => {
    const index = page("docs/README.md");
    for (const name of names) if (name !== "README.md") expect(index).toContain(`(${name}`);
  });

  it.each(names)("%s has at most 200 lines", (name) => {
    expect(page(`docs/${name}`).trimEnd().split("\n").length).toBeLessThanOrEqual(200);
  });

  it.each(all)("%s has links that lead somewhere", (name) => {
    const broken = linksIn(page(name)).filter(({ path, anchor }) => {
      const file = path === "" ? name : join(dirname(name), path);
      if (!existsSync(resolve(root, file))) return true;
      return anchor !== undefined && !anchorsIn(page(file)).includes(anchor);
    });
    expect(broken.map(({ text }) => text)).toEqual([]);
  });
});

it("the code cites only sections that exist, and no number that cannot be looked up", () => {
  const folders = ["components", "cli", "policy", "tools", "test"];
  const files = folders.flatMap((folder) =>
    readdirSync(resolve(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.m?[jt]s$/.test(name))
      .map((name) => join(folder, name)),
  );
  const cited = /\b(docs\/[\w-]+\.md)(?:#([\w-]+))?|\b(?:decision|issue) #?\d+/gi;
  const isThere = (name: string, anchor?: string) =>
    existsSync(resolve(root, name)) &&
    (anchor === undefined || anchorsIn(page(name)).includes(anchor));
  const broken = files.flatMap((file) =>
    [...page(file).matchAll(cited)]
      .filter(([, name, anchor]) => name === undefined || !isThere(name, anchor))
      .map(([text]) => `${file}: ${text}`),
  );
  expect(broken).toEqual([]);
});

interface Link {
  readonly text: string;
  readonly path: string;
  readonly anchor: string | undefined;
}

/** The links of a page to files of the repository; code, and pages of the forge, are not looked at. */
function linksIn(text: string): Link[] {
  const prose = text.replaceAll(/```[^]*?```|^ {4}.*$|`[^`\n]*`(?!\])/gm, "");
  return [...prose.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]*))?\)/g)]
    .map(([whole, path = "", anchor]) => ({ text: whole, path, anchor }))
    .filter(({ path }) => !/^(\w+:|\.\.\/\.\.\/actions\/)/.test(path));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsIn(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the diagrams in docs/", () => {
  const kindOf = diagramReader();
  const names = readdirSync(resolve(__dirname, "../docs")).filter((name) => name.endsWith(".md"));
  const diagrams = names.flatMap((name) =>
    diagramsIn(page(`docs/${name}`)).map((text) => [name, text] as const),
  );

  it("are there", () => {
    expect(diagrams.map(([name]) => name)).toContain("runbook.md");
  });

  it.each(diagrams)("of %s are what Mermaid reads", async (_name, text) => {
    await expect(kindOf(text)).resolves.toBe("sequence");
  });
});
