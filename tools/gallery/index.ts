/**
 * `make gallery`: draws the review comments of the tests (light, dark, phone) and the diagrams of docs/ into
 * dist/gallery/, and the pictures of docs/review.md into docs/pictures/review/.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { PartError, repository } from "../parts";
import { pictureOf } from "./chromium";
import { commentPage, diagramPage, diagramsIn, looks } from "./page";

const out = join(repository, "dist/gallery");
const comments = join(repository, "test/review/gallery");
const docs = join(repository, "docs");

async function gallery(): Promise<void> {
  const kept: string[] = [];
  await mkdir(out, { recursive: true });
  for (const [name, text] of await pagesIn(comments)) {
    for (const look of looks) {
      const picture = await draw(`${name}${look.name}`, commentPage(text, look), look.width);
      // Each comment once; the first one of the page in every look.
      if (look.name === "" || name === "production-cutover") kept.push(picture);
    }
  }
  for (const [name, text] of await pagesIn(docs)) {
    for (const [at, diagram] of diagramsIn(text).entries()) {
      await draw(`${name}-diagram-${at + 1}`, await diagramPage(diagram));
    }
  }
  // Only when all are drawn, so that a failure keeps the former pictures.
  const folder = join(docs, "pictures/review");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const picture of kept) await copyFile(picture, join(folder, basename(picture)));
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

/** @returns the picture's path, absolute */
async function draw(name: string, html: string, width = 912): Promise<string> {
  const page = join(out, `${name}.html`);
  const picture = join(out, `${name}.png`);
  await writeFile(page, html);
  await pictureOf(page, picture, width);
  console.log(join("dist/gallery", `${name}.png`));
  return picture;
}

gallery().catch((error: unknown) => {
  if (!(error instanceof PartError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
