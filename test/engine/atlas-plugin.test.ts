import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { atlasPlugin } from "../atlas/atlas";
import { makeAtlasSite, type AtlasSite } from "../atlas/site";
import { allowForEngine } from "./stacks";

allowForEngine();

let folder: string;
let site: AtlasSite;
beforeAll(async () => {
  // A plugin on PATH, which the engine prefers to an installed one, notes that it was started.
  folder = await mkdtemp(join(tmpdir(), "atlas-path-"));
  const plugin = join(folder, atlasPlugin);
  await writeFile(plugin, `#!/bin/sh\ntouch '${folder}/started'\nexit 1\n`);
  await chmod(plugin, 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH ?? ""}`);
  site = await makeAtlasSite();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await site.remove();
  await rm(folder, { recursive: true });
});

it("never starts a plugin of this machine's PATH, which would call Atlas", async () => {
  await site.play();
  await site.configure();
  await site.succeeded(site.stack.up());

  expect(await site.atlas.calls()).toContain("create AdvancedCluster cluster");
  expect(existsSync(join(folder, "started"))).toBe(false);
});

it("says how to go back to files when a service account gets no token, and goes back then", async () => {
  vi.stubEnv("MONGODB_ATLAS_CLIENT_ID", "mdb_sa_id_played");
  vi.stubEnv("MONGODB_ATLAS_CLIENT_SECRET", "mdb_sa_sk_played");
  await site.play([], { tokenless: true });
  await site.configure({}, "filesystem");
  const output = await site.failed(site.stack.up());
  expect(output).toMatch(/unset MONGODB_ATLAS_CLIENT_ID MONGODB_ATLAS_CLIENT_SECRET/);
  expect(await site.modes()).toEqual(["mongo", "mongo"]);

  vi.unstubAllEnvs();
  await site.succeeded(site.stack.up());
  expect(await site.modes()).toEqual([undefined, undefined]);
  expect(await site.atlas.calls()).toEqual([]);
});
