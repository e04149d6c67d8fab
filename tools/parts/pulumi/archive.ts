import { existsSync } from "node:fs";
import { arch, platform } from "node:os";
import { fillOnce, partFolder } from "../cache";
import { type Archive, downloadInto } from "../download";
import { unreachable } from "../reach";
import type { Source } from "../sources";

/** An official archive of Pulumi's, for this machine. */
export interface OfficialArchive extends Archive {
  /** Its name in the cache, such as `pulumi-v3.274.1`. */
  readonly name: string;
  /** Whether there is one for this machine. */
  readonly exists: boolean;
  readonly version: string;
  /** Whether a folder holds what the archive should. */
  holds(folder: string): Promise<boolean>;
}

/** The folder of an official archive, downloaded and unpacked into the cache. */
export function archiveSource(archive: OfficialArchive): Source<string> {
  const folder = partFolder(archive.name, ["download", archive.url]);
  return {
    kept: () => Promise.resolve(existsSync(folder) ? folder : undefined),
    closed: () =>
      archive.exists
        ? unreachable(archive.url)
        : Promise.resolve(`no archive for ${platform()} on ${arch()}`),
    doing: `downloading ${archive.version} from ${new URL(archive.url).host}`,
    async get() {
      await fillOnce(folder, (aside) => fill(aside, archive));
      return folder;
    },
  };
}

async function fill(aside: string, archive: OfficialArchive): Promise<void> {
  await downloadInto(aside, archive);
  if (!(await archive.holds(aside))) throw new Error(`${archive.url} holds no ${archive.title}`);
}
