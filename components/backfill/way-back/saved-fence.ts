import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StateAddress } from "../state-folder";
import type { Fence } from "./fence";

/** In the state root, where no service and no import looks for files. */
const fileName = "fence.json";

/** Keeps a fence beside the state, for a way back whose files the engine cannot read. */
export async function saveFence({ root }: StateAddress, fence: Fence): Promise<void> {
  const file = join(root, fileName);
  await writeFile(`${file}.tmp`, `${JSON.stringify(fence, undefined, 2)}\n`);
  await rename(`${file}.tmp`, file);
}

/** The fence that was kept last; undefined where none was. */
export async function savedFence({ root }: StateAddress): Promise<Fence | undefined> {
  try {
    return JSON.parse(await readFile(join(root, fileName), "utf8")) as Fence;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
