import { existsSync } from "node:fs";
import { readdir, readFile, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { allowForEngine } from "../engine/stacks";
import { blockOf } from "./page";
import { forward, killUp, loseState, makeFilesSite, type EmergencySite } from "./site";

allowForEngine();

let site: EmergencySite;
beforeAll(async () => {
  site = await makeFilesSite();
});
afterAll(() => site.remove());

const play = (title: string, number?: number) => site.done(blockOf(title, number));
const unchanged = /Resources:\n\s+\d+ unchanged\n/;
const mode = async () => (await site.done("pulumi stack output storageMode")).trim();
const heldRuns = async () => {
  const held = join(site.state, "held");
  const names = existsSync(held) ? await readdir(held, { recursive: true }) : [];
  return names.filter((name) => name.endsWith(".json")).map((name) => basename(name));
};
const cutoverRecord = async () =>
  JSON.parse(await readFile(join(site.state, "cutover.json"), "utf8")) as Record<string, unknown>;

it("state locked: an up that was killed is unlocked and run again", async () => {
  await killUp(site);
  expect((await site.run("pulumi up")).output).toContain("currently locked");
  expect(await play("State locked")).toMatch(unchanged);
});

it("state lost: a copy brings it back, and without one the stack starts from what runs", async () => {
  await site.done('pulumi stack export --file "$STACK.state.json"');
  await loseState(site);
  expect((await site.run("pulumi preview --stack $STACK")).output).toContain("no stack named");
  expect(await play("State lost")).toMatch(unchanged);

  const { at } = await cutoverRecord();
  await loseState(site);
  await play("State lost", 1);
  expect(await site.done("pulumi stack output verification --json")).toContain('"holds": true');
  expect(await cutoverRecord()).toMatchObject({ at });
});

it("backend unreachable: a copy of the state works elsewhere, and comes back", async () => {
  await site.done('pulumi stack export --file "$STACK.state.json"');
  await rename(site.backend, `${site.backend}.away`);
  expect((await site.run("pulumi preview")).exitCode).not.toBe(0);
  expect(await play("Backend unreachable")).toMatch(unchanged);

  await rename(`${site.backend}.away`, site.backend);
  expect(await play("Backend unreachable", 1)).toMatch(unchanged);
  expect(await site.done("pulumi stack ls")).toMatch(/^prod\*/m);
});

it("MongoDB down: back to files without it, and its content comes later", async () => {
  await site.server.stop();
  const [look = "", ...rest] = blockOf("MongoDB down").split("\n");
  const asked = await site.run(look);
  expect(asked.exitCode).toBe(1);
  expect(asked.output).toContain("Connecting to MongoDB at 127.0.0.1");
  await site.done(rest.join("\n"));
  expect(await mode()).toBe("filesystem");
  expect(await heldRuns()).not.toEqual([]);

  await site.server.start();
  await play("MongoDB down", 1);
  expect(await heldRuns()).toEqual([]);
});

it("election without end: given up by the moment of the cutover", async () => {
  await forward(site);
  site.election.begin(3_600);
  await site.done("pulumi config set storageMode filesystem");
  expect((await site.run("pulumi up --skip-preview")).output).toContain("MongoDB has no primary");
  expect(await heldRuns()).toEqual([]);
  await play("Election without end");
  expect(await mode()).toBe("filesystem");
  expect(await heldRuns()).not.toEqual([]);

  site.election.begin(0);
  await play("MongoDB down", 1);
  expect(await heldRuns()).toEqual([]);
});
