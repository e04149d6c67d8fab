import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort, repository } from "../../tools/parts";
import { cloneTo, onAnyMachine, type ReaderShell, shellIn } from "./reader";
import { allowForEngine } from "./stacks";

const page = join(repository, "docs/tutorial.md");
/** The port that the page chooses. */
const portOfPage = "27117";

allowForEngine();

let folder: string;
let shell: ReaderShell;
let port: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tutorial-"));
  port = String(await freePort());
  await cloneTo(folder);
  shell = shellIn(folder);
});
afterAll(async () => {
  // Also if a command of the page failed.
  await shell.run("make clean STACK=local");
  await rm(folder, { recursive: true });
});

/** Runs a command of the page, whose port is another one so that two tests can run, and returns what the page has. */
async function screenOf(command: string): Promise<readonly string[]> {
  const printed = await shell.run(command.replaceAll(portOfPage, port));
  const screen = onAnyMachine(printed, `${folder}/`)
    .replaceAll(`:${port}`, `:${portOfPage}`)
    .replaceAll(/(?<=https:\/\/127\.0\.0\.1:)\d+/g, "6443")
    .replaceAll(/SERVER|\S+ \S+(?= \(process)/g, "SecantusDB 0.7.0b3")
    .replaceAll(/(?<=process )\d+/g, "4711")
    // What the engine and `make` add at the end.
    .replace(/\n\nResources:\n[^]*/, "\n")
    .replaceAll(/\S+(?=kubectl --kubeconfig)/g, "")
    // The folder's order, which depends on the machine.
    .replaceAll(/(?<=twice: ).+(?= and \d+ more)/g, "…")
    .replaceAll(/(?<=back in their folders:\n)(?: {2}\S+\n){10}/g, "  …\n")
    .split("\n")
    // How often a drain or a rollout looks depends on the machine.
    .filter((line) => !/: \d+ to go: /.test(line));
  return screen.join("\n").trimEnd().split("\n");
}

/** The page with what its commands print now: `$ ` begins a command, `> ` continues it. */
async function rewritten(text: string): Promise<string> {
  const lines: string[] = [];
  const old = text.split("\n");
  const next = (pattern: RegExp) => pattern.test(old[0] ?? "");
  while (old.length > 0) {
    const line = old.shift() ?? "";
    lines.push(line);
    if (!line.startsWith("    $ ")) continue;
    const command = [line.slice(6)];
    while (next(/^ {4}> /)) {
      const more = old.shift() ?? "";
      lines.push(more);
      command.push(more.slice(6));
    }
    while (next(/^ {4}(?!\$ )/) || (next(/^$/) && /^ {4}(?!\$ )/.test(old[1] ?? ""))) old.shift();
    const screen = await screenOf(command.join("\n"));
    lines.push(...screen.filter((one, at) => at > 0 || one !== "").map(indented));
  }
  return lines.join("\n");
}

const indented = (line: string) => (line === "" ? "" : `    ${line.trimEnd()}`);

it("docs/tutorial.md has what its commands print, which vitest writes there by --update=all", async () => {
  const text = await readFile(page, "utf8");
  await expect(await rewritten(text)).toMatchFileSnapshot(page);
});
