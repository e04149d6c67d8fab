import { spawn } from "node:child_process";
import { once } from "node:events";
import { arch, platform } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { partFolder } from "./cache";
import { showProgress } from "./progress";
import { unreachable } from "./reach";
import { cached, type Source } from "./sources";

/** An official archive of Pulumi for this machine. */
interface Archive {
  /** Its name in the cache before its version, such as `pulumi`. */
  readonly name: string;
  /** Such as `v3.274.1`. */
  readonly version: string;
  /** Its name in messages: `Pulumi`. */
  readonly title: string;
  /** The URL of the archives' folder. */
  readonly from: string;
  /** The system in the archive's name; undefined if there is none for this machine. */
  readonly system: string | undefined;
  /** Number of leading folders to strip. */
  readonly strip: number;
  /** Whether a folder has the expected files. */
  holds(folder: string): Promise<boolean>;
}

/** The folder of an official archive, downloaded and unpacked into the cache. */
export function archiveSource(archive: Archive): Source<string> {
  const { name, version, title, from, system, strip } = archive;
  const url = `${from}/${name}-${version}-${system ?? "none"}.tar.gz`;
  return cached({
    folder: partFolder(`${name}-${version}`, ["download", url]),
    closed: () =>
      system === undefined
        ? Promise.resolve(`no archive for ${platform()} on ${arch()}`)
        : unreachable(url),
    doing: `downloading ${version} from ${new URL(url).host}`,
    async fill(aside) {
      await download(url, `${title} ${version}`, aside, strip);
      if (!(await archive.holds(aside))) throw new Error(`${url} holds no ${title} ${version}`);
    },
    partIn: (folder) => folder,
  });
}

/** @throws Error if it cannot be downloaded or is not such an archive */
async function download(url: string, title: string, into: string, strip: number): Promise<void> {
  const answer = await fetch(url);
  if (!answer.ok || answer.body === null) throw new Error(`${url} answers ${answer.status}`);
  const total = Number(answer.headers.get("content-length") ?? 0);
  let bytes = 0;
  const counted = Readable.fromWeb(answer.body).on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const megabytes = (count: number) => Math.round(count / 1_000_000);
  const share = () =>
    total > 0 ? `${megabytes(bytes)} of ${megabytes(total)} MB` : `${megabytes(bytes)} MB`;
  await showProgress(`downloading ${title}`, share, async () => {
    const tar = spawn("tar", ["-xz", "-C", into, `--strip-components=${strip}`], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    const ended = once(tar, "close");
    try {
      await pipeline(counted, tar.stdin);
    } finally {
      tar.stdin.destroy();
      await ended;
    }
    if (tar.exitCode !== 0) throw new Error(`${url} is no whole archive`);
  });
}
