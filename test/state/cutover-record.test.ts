import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { WriteError, requireWritableState } from "../../components/state";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cutover-"));
});
afterEach(() => rm(root, { recursive: true }));

it("a state directory that can be written passes the checks of pods at the same time", async () => {
  const pods = Array.from({ length: 8 }, async () => {
    for (let look = 0; look < 50; look += 1)
      await requireWritableState({ root, folders: defaultFolders });
  });
  await Promise.all(pods);
  expect(await readdir(root)).toEqual([]);
});

it("a state directory that cannot be written is named before anything is stopped", async () => {
  const missing = requireWritableState({ root: join(root, "missing"), folders: defaultFolders });
  await expect(missing).rejects.toThrow(WriteError);
  await expect(missing).rejects.toThrow(/missing\/cutover\.json failed: .* Nothing was stopped\./);
});
