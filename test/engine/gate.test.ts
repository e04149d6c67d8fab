import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { prepareReview, readPreview, review } from "../../components/review";
import { readCutoverRecord } from "../../components/state";
import { helmStack, type Mode } from "./stacks";
import { cutoverKinds, stepsDone } from "./steps";

const site = helmStack();

const configure = (storageMode: Mode, drain: "wait" | number) =>
  site.configure(storageMode, { rollout: { drain } });
const up = (storageMode: Mode, drain: "wait" | number) =>
  site.upTo(storageMode, { rollout: { drain } });

/** The comment of a pull request for the settings. */
async function comment() {
  const { output } = await site.stack.previewAsJson();
  const redact = (text: string) => text;
  return review(prepareReview(readPreview(output, redact), undefined));
}

const modes = async () => (await site.modes()).flat();
const files = Array.from({ length: 4 }, () => "filesystem");
const mongo = Array.from({ length: 4 }, () => "mongo");
const both = { worker: 2, web: 2 };

it("a closed gate is green: it imports, verifies and stops no service", async () => {
  await up("filesystem", "wait");
  await configure("mongo", "wait");
  const { headline, verdict, body } = await comment();
  expect(headline).toMatch(/prepares cutover 1; stops no service/);
  expect(verdict).not.toMatch(/worker stops|will work on MongoDB|drain/);
  expect(body).not.toMatch(/no worker runs|change over|verify every record/);

  const ready = await up("mongo", "wait");
  expect(stepsDone(ready, cutoverKinds)).toEqual([
    "BulkPass bulk-pass",
    "Canary canary",
    "FirstVerification first-verification",
  ]);
  expect(ready.output).toMatch(
    /Cutover 1 is ready since 20\S+Z; .* stopped for about \d+ s, .* rollout\.drain: 1 /,
  );
  expect(ready.output).not.toContain("service-stays");
  expect(await modes()).toEqual(files);
  expect(await site.cluster.replicas()).toEqual(both);
  expect(await readCutoverRecord(site.root)).toBeUndefined();
  expect(await site.stack.outputs()).toMatchObject({ verification: null });

  const again = await up("mongo", 2);
  expect(stepsDone(again, cutoverKinds)).toEqual([]);
  expect(again.output).toMatch(/Cutover 1 is ready since/);
  expect((await comment()).headline).toMatch(/: no changes$/);

  // As docs/canary.md says, after one that showed nothing.
  const flags = ["--replace", "**::taskrunner-canary"];
  const { output } = await site.stack.pulumi("up", "--yes", "--skip-preview", ...flags);
  expect(output).toContain("[canary-not-shown]");
  expect(await modes()).toEqual(files);
});

it("a rollback leaves it, and the number of an ended cutover does not open the next one's", async () => {
  await up("filesystem", "wait");
  const closed = await up("mongo", 1);
  expect(stepsDone(closed, cutoverKinds)).toEqual([
    "BulkPass bulk-pass",
    "Canary canary",
    "FirstVerification first-verification",
  ]);
  expect(closed.output).toMatch(/Cutover 2 is ready .* rollout\.drain: 2 /);
  expect(await modes()).toEqual(files);
});

it("an opening that fails says that the next up drains at once, and that one does after another import and first verification", async () => {
  const run = join(site.root, "state/runs/unfinished.json");
  await writeFile(run, "{");
  await configure("mongo", 2);
  const { headline, verdict } = await comment();
  expect(headline).toMatch(/cut over to MongoDB \(cutover 2\): the worker stops/);
  expect(verdict).toMatch(/You decide:\*\* the worker stops until it works on MongoDB/);
  const failed = await site.stack.up();
  expect(failed.failed).toBe(true);
  expect(failed.output).toMatch(/rollout\.drain: 2 stays good: the next pulumi up drains/);
  expect(await site.cluster.replicas()).toEqual(both);

  await rm(run);
  const opened = await up("mongo", 2);
  expect(opened.output).toMatch(/ServicesCheck taskrunner-services-check updated/);
  expect(stepsDone(opened, cutoverKinds)).toEqual([
    "BulkPass bulk-pass",
    "FirstVerification first-verification",
    "Drain worker-drain",
    "Handover handover",
    "Release worker",
    "PodsReplaced worker-pods",
    "Release web",
    "PodsReplaced web-pods",
    "FinalPass final-pass",
    "Verification verification",
  ]);
  expect(await modes()).toEqual(mongo);
  expect(await site.cluster.replicas()).toEqual(both);
});

it("closed again it takes nothing back", async () => {
  const closed = await up("mongo", "wait");
  expect(stepsDone(closed, cutoverKinds)).toEqual([]);
  expect(await modes()).toEqual(mongo);
});
