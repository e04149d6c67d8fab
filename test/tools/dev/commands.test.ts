import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { start } from "../../../tools/dev/commands";
import { devPaths, stacks } from "../../../tools/dev/places";

it("starts no Kubernetes if another program has the port of MongoDB", async () => {
  const root = await mkdtemp(join(tmpdir(), "dev-"));
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  vi.stubEnv("MONGO_PORT", String(port));
  vi.stubEnv("MONGODB_URI", undefined);

  const started = start(devPaths(root, stacks.local));
  await expect(started).rejects.toThrow(new RegExp(`port ${port} .*MONGO_PORT.*MONGODB_URI`));
  expect(await readdir(root)).toEqual([]);
  other.close();
  await rm(root, { recursive: true });
});
