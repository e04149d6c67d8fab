import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { errorPages, messageFolders } from "../../docs/errors";
import { hasWords, messagesIn } from "../../tools/docs/messages";
import { repository } from "../../tools/parts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** The messages of a small repository. */
function messagesOf(code: string, name = "one.ts"): (readonly string[])[] {
  const root = mkdtempSync(join(tmpdir(), "messages-"));
  folders.push(root);
  mkdirSync(join(root, "components"));
  writeFileSync(
    join(root, "tsconfig.json"),
    '{ "compilerOptions": { "strict": true, "lib": ["es2023"] } }',
  );
  writeFileSync(join(root, "components", name), code);
  return messagesIn(root, ["components"]).map(({ texts }) => texts);
}

describe("messagesIn", () => {
  it("puts names in the place of what is put in", () => {
    const code = "function f(file: string) { throw new Error(`Reading ${file} failed.`); }";
    expect(messagesOf(code)).toEqual([["Reading ‹file› failed."]]);
  });

  it("reads what a class makes of its arguments", () => {
    const code = `
      class WriteError extends Error {
        constructor(doing: string, advice: string) { super(doing + " failed. " + advice); }
      }
      const advice = "Make room.";
      throw new WriteError("Writing", advice);`;
    expect(messagesOf(code)).toEqual([["Writing failed. Make room."]]);
  });

  it("follows a function that makes the error, and what a parameter is given", () => {
    const code = `
      const refused = (found: string) => new Error(\`Refused: \${found}.\`);
      function stop(why: string): never { throw refused(why); }
      export function one() { stop("the disk is full"); }
      export function other() { stop("nobody may write into this folder of the state"); }`;
    expect(messagesOf(code).flat()).toEqual([
      "Refused: the disk is full.",
      "Refused: nobody may write into this folder of the state.",
    ]);
  });

  it("makes one of texts that are alike, with alternatives in it", () => {
    const code = `
      export function f(isNew: boolean) {
        throw new Error(\`The release \${isNew ? "does not exist" : "is busy"}. Run pulumi up again.\`);
      }`;
    expect(messagesOf(code)).toEqual([
      ["The release ⟦does not exist¦is busy⟧. Run pulumi up again."],
    ]);
  });

  it("reads a list of reasons line by line", () => {
    const code = `
      export function f(others: string[]) {
        const reasons = ["First.", ...others.map((one) => \`\${one} is missing.\`)];
        throw new Error(reasons.join("\\n"));
      }`;
    expect(messagesOf(code)).toEqual([["First.\n‹one› is missing."]]);
  });

  it("reads findings and warnings", () => {
    const code = `
      export const problem = { key: "jobs", found: "nothing", allowed: "a section" };
      console.warn("Careful.");`;
    expect(messagesOf(code)).toEqual([
      ["taskrunner-storage:jobs: found nothing; allowed: a section"],
      ["Careful."],
    ]);
  });

  it("ends where a function calls itself", () => {
    const code = `
      function depth(text: string): string { return text === "" ? "no end" : depth(text.slice(1)); }
      throw new Error(\`It has \${depth("a")}.\`);`;
    expect(messagesOf(code)).toEqual([["It has no end."]]);
  });
});

/** What a text of code throws: it is no error of this process. */
const inTexts = [
  'components/migration/script.ts:  if (reply.ok !== 1) throw new Error(JSON.stringify(command) + " failed: " + reply.errmsg);',
  "components/step/program.ts:  if (!provider) throw new Error(${JSON.stringify(`${module} has no dynamic provider named ${kind}`)});",
];

/** Places that say what another one has said. */
const passedOn = [
  "cli/errors.ts: new Error",
  "cli/inputs.ts: new UsageError",
  "components/cluster/server/resource.ts: pulumi.log.warn",
  "components/review/read/preview.ts: finding",
  "components/rollout/helm/lost-values.ts: pulumi.log.warn",
  "components/rollout/helm/release.ts: pulumi.log.warn",
  "components/settings/program.ts: new pulumi.RunError",
  "components/state/held.ts: refusalIn",
  "components/state/records.ts: refusalIn",
  "components/step/provider.ts: new Error",
  "components/step/work.ts: new Unfinished",
  "components/transfer/export/conflict-copy.ts: finding",
  "components/transfer/export/conflict-copy.ts: refusalIn",
  "components/transfer/export/existing.ts: refusalIn",
  "components/transfer/export/file.ts: refusalIn",
  "components/transfer/export/log-compare.ts: finding",
  "components/transfer/export/log.ts: refusalIn",
  "components/transfer/export/report.ts: finding",
  "components/transfer/export/write-file.ts: refusalIn",
  "components/transfer/import/open.ts: refusalIn",
  "components/transfer/tally.ts: finding",
];

describe("the pages of errors", () => {
  const messages = messagesIn(repository, messageFolders);
  const pages = errorPages(messages);

  it("have a message for each place that throws one", () => {
    const pattern = "(throw |reject[(])new [a-zA-Z.]+[(]";
    const args = ["grep", "-nE", pattern, "--", ...messageFolders.map((one) => `${one}/**/*.ts`)];
    const lines = execFileSync("git", args, { cwd: repository, encoding: "utf8" }).split("\n");
    const known = new Set(messages.map(({ file, line }) => `${file}:${line}`));
    const unknown = lines.flatMap((line) => {
      const [file = "", number = "", code = ""] = line.split(/:(\d+):(.*)/);
      return code === "" || known.has(`${file}:${number}`) ? [] : [`${file}:${code}`];
    });
    expect(unknown).toEqual(inTexts);
  });

  it("leave out only what passes another's message on", () => {
    const silent = messages.filter(({ texts }) => !texts.some(hasWords));
    const places = silent.map(({ file, what }) => `${file}: ${what}`);

    expect([...new Set(places)].sort()).toEqual(passedOn);
  });

  it("have every message that has words, once", () => {
    const all = Object.values(pages).join("\n");
    expect([...all.matchAll(/^- /gm)].length).toBeGreaterThan(250);
    for (const { texts } of messages) {
      for (const text of texts.filter(hasWords)) {
        const [words = ""] = /[A-Za-z][a-z ]{12,}/.exec(text) ?? [];
        expect(all).toContain(words.trim());
      }
    }
  });
});
