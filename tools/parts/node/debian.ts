import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { executable, longWork } from "../run";

/**
 * Unpacks Debian's packages into a folder. Nothing is installed, and the package lists are the folder's own: this
 * machine's may be old or none.
 *
 * @param folder is made
 * @throws Error without apt-get, or if a package cannot be downloaded
 */
export async function unpackFromDebian(folder: string, packages: readonly string[]): Promise<void> {
  if (executable("apt-get") === undefined) throw new Error(`${packages.join(", ")} needs apt-get`);
  const lists = join(folder, "lists");
  await mkdir(lists, { recursive: true });
  const own = [`Dir::State::Lists=${lists}`, `Dir::Cache=${lists}`, "APT::Sandbox::User=root"];
  const options = own.flatMap((option) => ["-o", option]);
  const run = (program: string, ...args: string[]) =>
    longWork({ program, args, directory: folder });
  await run("apt-get", ...options, "update");
  await run("apt-get", ...options, "download", ...packages);
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".deb")) continue;
    await run("dpkg-deb", "-x", file, ".");
    await rm(join(folder, file));
  }
  await rm(lists, { recursive: true });
}
