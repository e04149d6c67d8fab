import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { silent, unreachable } from "../../../tools/parts/reach";

/** Why a server of this test's own is no source, and why it is silent; then it is gone. */
async function whyNot(listener: RequestListener, milliseconds?: number) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/archive`;
  const answers = [await unreachable(url, milliseconds), await silent(url, milliseconds)];
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  return { url, answers: answers.map((answer) => answer?.replace(`:${port}`, "")) };
}

test.each<[string, RequestListener, (string | undefined)[], number?]>([
  ["has the file", (_, response) => response.end(), [undefined, undefined]],
  [
    "refuses it",
    (_, response) => response.writeHead(403).end(),
    ["127.0.0.1 answers 403", undefined],
  ],
  [
    "never answers",
    () => undefined,
    ["127.0.0.1 not reachable in 0.2 s", "127.0.0.1 not reachable in 0.2 s"],
    200,
  ],
])(
  "a server that %s is told from one that is silent",
  async (_, listener, expected, milliseconds) => {
    expect((await whyNot(listener, milliseconds)).answers).toEqual(expected);
  },
);

test("if no server listens, the reason is told at once", async () => {
  const { url } = await whyNot((_, response) => response.end());
  expect(await unreachable(url)).toMatch(/not reachable \(.*ECONNREFUSED/);
});
