import { delimiter } from "node:path";
import { executable, folderOf } from "../executable";
import { answerOf } from "../run";
import type { Answer } from "../sources";
import { atLeast, versions } from "../versions";

/** What there is of Pulumi. */
export interface Found {
  /** What `pulumi version` prints, or undefined if there is no such program. */
  readonly version: string | undefined;
  readonly languageHost: boolean;
}

/** The version of a Pulumi, if it can run this project's program; else why not. */
export function usable({ version, languageHost }: Found): Answer<string> {
  if (version === undefined) return { missing: "not on PATH" };
  const name = version === "" ? "the one on PATH, which states no version," : `${version} on PATH`;
  if (!/^v?3\./.test(version) || !atLeast(version, versions.oldestPulumi)) {
    return { missing: `${name} is not version 3 from ${versions.oldestPulumi} on` };
  }
  if (!languageHost) return { missing: `${name} comes without pulumi-language-nodejs` };
  return { part: version };
}

/** What is on PATH; plugins also count where they lie beside the CLI, as in a distribution. */
export async function pulumiOnPath(path = process.env.PATH ?? ""): Promise<Found> {
  const cli = executable("pulumi", path);
  if (cli === undefined) return { version: undefined, languageHost: false };
  const folders = [folderOf(cli), path].join(delimiter);
  return {
    version: await answerOf(cli, "version"),
    languageHost: executable("pulumi-language-nodejs", folders) !== undefined,
  };
}
