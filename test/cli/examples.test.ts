import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { allowForEngine } from "../engine/stacks";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeCheckout, makeStackOf, type UserCheckout } from "../user-checkout";
import { examplesIn, mainPage, pagesByName } from "./pages";

allowForEngine();

let server: BorrowedServer;
let checkout: UserCheckout;

/** The stack `dev` of this repository as `make up` leaves it, with a server of the tests. */
beforeAll(async () => {
  server = await borrowServer();
  checkout = await makeCheckout();
  await generateSample(join(checkout.folder, ".dev/taskrunner"), { runs: 10 });
  await mkdir(join(checkout.folder, ".dev/rollout"), { recursive: true });
  await checkout.done("cp tools/sample/rollout/* .dev/rollout");
  await makeStackOf(checkout, "dev", (text) => here(text));
  await checkout.done("pulumi up --yes --skip-preview --stack dev");
});
afterAll(async () => {
  await checkout.remove();
  await server.release();
});

/** The specification's server is the one of the tests. */
const here = (text: string) => text.replaceAll("127.0.0.1:27017", `127.0.0.1:${server.port}`);

it("npx finds the command", async () => {
  const { exitCode, output } = await checkout.run("command npx taskrunner-storage --version");
  expect(exitCode, output).toBe(0);
});

it.each([["", mainPage], ...pagesByName])(
  "the examples of `%s --help` run as they stand",
  async (_name, page) => {
    const examples = examplesIn(page);
    expect(examples.length).toBeGreaterThan(0);
    for (const line of examples) {
      const { exitCode, output } = await checkout.run(here(line));
      expect(exitCode, `${line}\n${output}`).toBe(0);
    }
  },
);
