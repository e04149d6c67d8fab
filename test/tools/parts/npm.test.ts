import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { cacheFolder } from "../../../tools/parts/cache";
import { npmSource } from "../../../tools/parts/npm";

const execute = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "npm-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test("a package of npm is installed once, and no install script of it runs", async () => {
  const ran = join(folder, "ran");
  const requests = await registryOf({
    name: "small",
    version: "1.0.0",
    scripts: { postinstall: `touch ${ran}` },
  });
  const partIn = (made: string) => join(made, "node_modules", "small", "package.json");
  const small = () => npmSource({ name: "small", version: "1.0.0", time: "a second", partIn });

  expect(await small().kept()).toBeUndefined();
  expect(await small().closed()).toBeUndefined();
  const file = await small().get();
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ name: "small" });
  expect(existsSync(ran)).toBe(false);

  const before = requests.length;
  expect(await small().kept()).toBe(file);
  expect(await small().get()).toBe(file);
  expect(requests).toHaveLength(before);

  const other = npmSource({ name: "other", version: "1.0.0", time: "a second", partIn });
  await expect(other.get()).rejects.toThrow("404");
  expect((await readdir(cacheFolder())).filter((name) => name.startsWith("other"))).toEqual([]);
});

test("without npm no package is installed", async () => {
  vi.stubEnv("PATH", folder);
  const source = npmSource({ name: "small", version: "1.0.0", time: "", partIn: (made) => made });
  expect(await source.closed()).toContain("npm");
});

/** A registry that has one package, and caches of npm and of parts that are empty. */
async function registryOf(manifest: {
  name: string;
  version: string;
  scripts?: object;
}): Promise<string[]> {
  const { name, version } = manifest;
  await mkdir(join(folder, "package"));
  await writeFile(join(folder, "package", "package.json"), JSON.stringify(manifest));
  await execute("tar", ["-czf", "package.tgz", "package"], { cwd: folder });
  const archive = await readFile(join(folder, "package.tgz"));

  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    if (path === "/package.tgz") return response.end(archive);
    if (path !== `/${name}`) return response.writeHead(404).end("{}");
    const dist = { tarball: `${url}/package.tgz` };
    const latest = { ...manifest, dist };
    return response.end(
      JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: latest } }),
    );
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("npm_config_registry", url);
  vi.stubEnv("npm_config_cache", join(folder, "npm"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  return requests;
}
