import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { answerOf, executable, longWork } from "../run";

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
  if (executable("apt-get") === undefined) throw new Error("runc needs the headers of libseccomp");
  await fetchFromDebian(folder);
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

/** Unpacks the package into a folder. The package lists are this folder's own: this machine's may be old or none. */
async function fetchFromDebian(folder: string): Promise<void> {
  const lists = join(folder, "lists");
  await mkdir(lists, { recursive: true });
  const own = [`Dir::State::Lists=${lists}`, `Dir::Cache=${lists}`, "APT::Sandbox::User=root"];
  const options = own.flatMap((option) => ["-o", option]);
  const run = (program: string, ...args: string[]) =>
    longWork({ program, args, directory: folder });
  await run("apt-get", ...options, "update");
  await run("apt-get", ...options, "download", debianPackage);
  const file = (await readdir(folder)).find((name) => name.endsWith(".deb")) ?? "";
  await run("dpkg-deb", "-x", file, ".");
}
