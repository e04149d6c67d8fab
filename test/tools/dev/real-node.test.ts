import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DevPaths, devPaths, stacks } from "../../../tools/dev/places";
import { hasRealNode, readJournal } from "../../../tools/dev/real-node";
import { nodePaths } from "../../../tools/parts";
import { FileJournal } from "../../stand-in/file-journal";

let places: DevPaths;

beforeEach(async () => {
  places = devPaths(await mkdtemp(join(tmpdir(), "dev-")), stacks.local);
});
afterEach(() => rm(places.repository, { recursive: true }));

const NODE = "real";

test("a node is played unless NODE=real asks for a real one, which stays", async () => {
  expect(await hasRealNode(places, {})).toBe(false);
  // As npm sets it.
  expect(await hasRealNode(places, { NODE: "/usr/bin/node" })).toBe(false);
  await mkdir(nodePaths(places.cluster).folder, { recursive: true });
  expect(await hasRealNode(places, {})).toBe(true);
});

test("NODE=real is refused for a stack without pods, and for one whose node is played", async () => {
  const dev = devPaths(places.repository);
  await expect(hasRealNode(dev, { NODE })).rejects.toThrow("STACK=local");
  await mkdir(places.cluster, { recursive: true });
  await expect(hasRealNode(places, { NODE })).rejects.toThrow("make clean STACK=local");
});

test("the journal's sentence counts each step once, and names what was executed again", () => {
  const journal = new FileJournal(join(places.state, "journal"));
  const step = { event: "executed", runId: "r", stepId: "build", by: "worker" } as const;
  journal.write({ ...step, attempt: 1 });
  journal.write({ ...step, attempt: 2 });
  const once = "1 steps of 1 runs were executed, each attempt once";
  expect(readJournal(places)).toEqual({ sentence: once, repeats: [] });

  journal.write({ event: "settled", runId: "r", stepId: "build" });
  journal.write({ ...step, attempt: 3 });
  const repeats = ["build of r is executed after its success"];
  expect(readJournal(places)).toEqual({
    sentence: expect.stringMatching(/1 again$/) as string,
    repeats,
  });
});
