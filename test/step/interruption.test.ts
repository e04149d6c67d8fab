import { execa } from "execa";
import { expect, it } from "vitest";

/** A host of dynamic providers as the engine asks it; in a process of its own, as nothing takes an interruption back. */
const host = `
require("./components/typescript.cjs");
const http2 = require("node:http2");
const { interrupted } = require("./components/step/interruption");
const server = http2.createServer((_, response) => response.end()).listen(0, "127.0.0.1", async () => {
  const client = http2.connect("http://127.0.0.1:" + server.address().port);
  for (const name of ["Diff", "Cancel"]) {
    const asked = client.request({ ":path": "/pulumirpc.ResourceProvider/" + name }).resume();
    await new Promise((resolve) => asked.on("end", resolve));
    console.log(name, interrupted.aborted);
  }
  console.log(interrupted.reason.name, interrupted.reason.message);
  client.close();
  server.close();
});`;

it("the engine's request to cancel is an interruption, and no other request is", async () => {
  const { stdout } = await execa("node", ["--eval", host]);
  expect(stdout.split("\n")).toEqual([
    "Diff false",
    "Cancel true",
    "Unfinished Interrupted: this pass ended after the runs at work, which stay done. Run `pulumi up` again; it " +
      "resumes here.",
  ]);
});
