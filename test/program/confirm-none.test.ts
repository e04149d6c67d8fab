import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { lifeForTests } from "./life";

const life = lifeForTests();

/** A kubeconfig whose API counts the connections, and never answers. */
async function silentApi() {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const kubeconfig = join(life.stack.folder, "silent.kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: `http://127.0.0.1:${port}` } }],
    users: [{ name: "u", user: {} }],
    contexts: [{ name: "local", context: { cluster: "c", user: "u" } }],
    "current-context": "local",
  };
  await writeFile(kubeconfig, stringify(config));
  return { kubeconfig, connected: () => count, stop: () => server.close() };
}

it("a stack that confirms nothing looks at no cluster, and nothing becomes due", async () => {
  const api = await silentApi();
  const kubernetes = { kubeconfig: api.kubeconfig, context: "local" };
  for (const storageMode of ["filesystem", "mongo"]) {
    await life.configure({ storageMode, kubernetes });
    const first = await life.stack.up();
    expect(first.failed, first.output).toBe(false);
    for (const run of [await life.stack.preview(), await life.stack.up()]) {
      expect(run.failed, run.output).toBe(false);
      expect(run.output).not.toMatch(/cluster-not-checked|\[planned\]| (create|update)d?$/m);
    }
  }
  expect(api.connected()).toBe(0);
  api.stop();
});
