import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { silent, unreachable } from "../../../tools/parts/reach";

/** Asks a server of this test's own, then stops it. */
async function whyNot(listener: RequestListener, milliseconds?: number) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await unreachable(`http://127.0.0.1:${port}/archive`, milliseconds);
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  return { answer, port };
}

test("a server that has the file is reachable", async () => {
  const { answer } = await whyNot((_, response) => response.end());
  expect(answer).toBeUndefined();
});

test("a server that never answers is given up in time", async () => {
  const start = Date.now();
  const { answer, port } = await whyNot(() => undefined, 200);
  expect(answer).toBe(`127.0.0.1:${port} not reachable in 0.2 s`);
  expect(Date.now() - start).toBeLessThan(2000);
});

test("a server that refuses is no source, and its status is told", async () => {
  const { answer, port } = await whyNot((_, response) => response.writeHead(403).end());
  expect(answer).toBe(`127.0.0.1:${port} answers 403`);
});

test("a server that has no such file is reachable all the same", async () => {
  const server = createServer((_, response) => response.writeHead(404).end()).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await silent(`http://127.0.0.1:${port}/`)).toBeUndefined();
  server.close();
  await once(server, "close");
  expect(await silent(`http://127.0.0.1:${port}/`)).toMatch(/not reachable/);
});

test("where nobody listens, the reason is told at once", async () => {
  const { port } = await whyNot((_, response) => response.end());
  expect(await unreachable(`http://127.0.0.1:${port}/`)).toMatch(/not reachable \(.*ECONNREFUSED/);
});
