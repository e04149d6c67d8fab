import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, isFree } from "../../../tools/parts/port";

test.each(["127.0.0.1", "0.0.0.0"])(
  "a port that is listened on at %s is not free",
  async (host) => {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await isFree(port)).toBe(false);
    server.close();
    await once(server, "close");
    expect(await isFree(port)).toBe(true);
  },
);

test("a free port is none that systems give to outgoing connections", async () => {
  const ports = await Promise.all(Array.from({ length: 10 }, () => freePort()));
  expect(new Set(ports).size).toBe(10);
  for (const port of ports) expect(port).toBeLessThan(30_000);
});
