import { readFile } from "node:fs/promises";
import { join } from "node:path";

type Service = "worker" | "web";

/** The values file that a stack of target `values` owns; empty before it was written. */
export function ownValues(directory: string, service: Service): Promise<string> {
  const file = join(directory, `taskrunner-storage.${service}.values.yaml`);
  return readFile(file, "utf8").catch(() => "");
}

/** The site's own values file, which the stack only reads. */
export function readSiteValues(directory: string, service: Service): Promise<string> {
  return readFile(join(directory, `${service}.values.yaml`), "utf8");
}

/** The mode of a service once both files are deployed, the stack's last. */
export async function deployedMode(
  directory: string,
  service: Service,
): Promise<string | undefined> {
  const mode = /__Storage__Mode\n\s+value: (\w+)/;
  const own = await ownValues(directory, service);
  const site = await readSiteValues(directory, service);
  return (mode.exec(own) ?? mode.exec(site))?.[1];
}
