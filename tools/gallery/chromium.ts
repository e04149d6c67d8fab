import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { executable, PartError } from "../parts";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** Quiet and without a network; scaled down, so that pictures stay small. */
const options = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--disable-lcd-text",
  "--force-device-scale-factor=0.85",
  "--allow-file-access-from-files",
  "--virtual-time-budget=10000",
];

// Chromium's windows are not narrower, so a narrow page has an empty margin at its right.
const narrowest = 500;

/**
 * Draws a page as a PNG. The page states its height in `data-height` of its root.
 *
 * @param page an HTML file, absolute
 * @param picture the PNG's path, absolute
 * @param width of the page, in pixels
 * @throws PartError if there is no Chromium, or the page does not state its height
 */
export async function pictureOf(page: string, picture: string, width: number): Promise<void> {
  const address = pathToFileURL(page).href;
  const columns = Math.max(width, narrowest);
  const dom = await chromium(`--window-size=${columns},800`, "--dump-dom", address);
  const height = /data-height="(\d+)"/.exec(dom)?.[1];
  if (height === undefined)
    throw new PartError(`Chromium did not measure ${page}: open it to see why.`);
  await chromium(`--window-size=${columns},${height}`, `--screenshot=${picture}`, address);
}

async function chromium(...args: string[]): Promise<string> {
  const program = names.map((name) => executable(name)).find(Boolean);
  if (program === undefined) {
    throw new PartError(
      `Pictures need Chromium; none of ${names.join(", ")} is on PATH. On Debian: apt-get install chromium fonts-liberation fonts-noto-color-emoji`,
    );
  }
  const profile = await mkdtemp(join(tmpdir(), "gallery-"));
  try {
    const all = [...options, `--user-data-dir=${profile}`, ...args];
    const limits = { maxBuffer: 1e8, timeout: 120_000 };
    return (await promisify(execFile)(program, all, limits)).stdout;
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}
