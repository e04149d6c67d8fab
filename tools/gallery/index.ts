/**
 * `make gallery`: draws the review comments of the tests (light, dark, phone) and the diagrams of docs/ into
 * dist/gallery/.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { PartError, repository } from "../parts";
import { pictureOf } from "./chromium";
import { commentPage, diagramPage, diagramsIn, looks } from "./page";

const out = join(repository, "dist/gallery");
const comments = join(repository, "test/review/gallery");
const docs = join(repository, "docs");

async function gallery(): Promise<void> {
  await mkdir(out, { recursive: true });
  for (const [name, text] of await pagesIn(comments)) {
    for (const look of looks) {
      await draw(`${name}${look.name}`, commentPage(text, look), look.width);
    }
  }
  for (const [name, text] of await pagesIn(docs)) {
    for (const [at, diagram] of diagramsIn(text).entries()) {
      await draw(`${name}-diagram-${at + 1}`, await diagramPage(diagram));
    }
  }
}

/** The Markdown files of a folder: name and text. */
async function pagesIn(folder: string): Promise<(readonly [string, string])[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".md")).sort();
  return Promise.all(
    files.map(
      async (name) => [basename(name, ".md"), await readFile(join(folder, name), "utf8")] as const,
    ),
  );
}

async function draw(name: string, html: string, width = 912): Promise<void> {
  const page = join(out, `${name}.html`);
  await writeFile(page, html);
  await pictureOf(page, join(out, `${name}.png`), width);
  console.log(join("dist/gallery", `${name}.png`));
}

gallery().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
