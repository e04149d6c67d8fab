import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withProgress } from "./progress";

/** An archive of the web. */
export interface Archive {
  /** The address of a `.tar.gz`. */
  readonly url: string;
  /** How many folders around its files are left out. */
  readonly strip: number;
  /** What it is, for the progress, such as `Pulumi v3.274.1`. */
  readonly title: string;
}

/**
 * Unpacks an archive of the web into a folder.
 *
 * @throws Error if it cannot be had or is no such archive
 */
export async function downloadInto(folder: string, { url, strip, title }: Archive): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new Error(`${url} answers ${answer.status}`);
  const total = Number(answer.headers.get("content-length") ?? 0);
  let bytes = 0;
  const counted = Readable.fromWeb(answer.body).on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await withProgress(
    `downloading ${title}`,
    () => share(bytes, total),
    () => unpack(counted, folder, { url, strip }),
  );
}

async function unpack(
  archive: Readable,
  folder: string,
  { url, strip }: Pick<Archive, "url" | "strip">,
): Promise<void> {
  const tar = spawn("tar", ["-xz", "-C", folder, `--strip-components=${strip}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = once(tar, "close");
  try {
    await pipeline(archive, tar.stdin);
  } finally {
    tar.stdin.destroy();
    await ended;
  }
  if (tar.exitCode !== 0) throw new Error(`${url} is no whole archive`);
}

function share(bytes: number, total: number): string {
  const megabytes = (count: number) => Math.round(count / 1_000_000);
  return total > 0 ? `${megabytes(bytes)} of ${megabytes(total)} MB` : `${megabytes(bytes)} MB`;
}
