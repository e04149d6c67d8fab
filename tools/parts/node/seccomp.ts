import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { answerOf, executable } from "../run";
import { unpackFromDebian } from "./debian";

const debianPackage = "libseccomp-dev";

/**
 * What a build of runc needs to find libseccomp, without which it refuses a pod with a seccomp profile, as the Jobs
 * have one: this machine's headers, else those of Debian's package, in a folder. Nothing is installed.
 *
 * @param folder is made if it is needed
 * @returns variables of the build
 * @throws Error if there is no C compiler, or if neither is available
 */
export async function seccompLibrary(folder: string): Promise<Readonly<Record<string, string>>> {
  if (executable("gcc") === undefined && executable("cc") === undefined)
    throw new Error("runc needs a C compiler");
  if ((await answerOf("pkg-config", "--exists", "libseccomp")) === "") return {};
  await unpackFromDebian(folder, [debianPackage]);
  const libraries = join(folder, "usr", "lib");
  const [machine = ""] = await readdir(libraries);
  return {
    CGO_CFLAGS: `-O2 -I${join(folder, "usr", "include")}`,
    // Only the static library is there, so that the folder is not needed later.
    CGO_LDFLAGS: `-L${join(libraries, machine)} -lseccomp`,
    // Go asks it for the same, and it knows nothing of this folder.
    PKG_CONFIG: "true",
  };
}
