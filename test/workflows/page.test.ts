import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { version } from "../../package.json";
import { runBlock, writeCalls } from "./page";
import type { Workflow } from "./read";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "page-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("its command writes four workflows that call those of the release", async () => {
  const calls = await writeCalls(folder, "o/r");
  const jobs = calls.flatMap((text) => Object.values((parse(text) as Workflow).jobs));
  const called = jobs.flatMap(({ uses = [] }) => uses);
  expect(called).toHaveLength(7);
  expect(new Set(called)).toEqual(new Set([`o/r/.github/workflows/stack.yml@v${version}`]));
  for (const { steps = [] } of jobs) expect(steps.flatMap(({ uses = [] }) => uses)).toEqual([]);
});

it("its commands create the environments of two stacks, each with its protection", async () => {
  const gh = `case "$*" in *teams*) echo 5 ;; *) echo "$*" >> said ;; esac`;
  await runBlock(folder, "export environments=", { gh });
  const said = (await readFile(join(folder, "said"), "utf8")).trimEnd().split("\n");
  const matching = (part: string) =>
    said.flatMap((call) => (call.includes(part) ? [/environments\/([\w-]+)/.exec(call)?.[1]] : []));
  expect(matching("--method PUT").sort()).toEqual(
    ["prod", "staging"].flatMap((stack) =>
      ["", "-preview", "-read", "-up"].map((duty) => stack + duty),
    ),
  );
  expect(matching("reviewers[][id]=5").sort()).toEqual(["prod", "prod-preview", "staging"]);
  const restricted = ["prod-read", "prod-up", "staging-read", "staging-up"];
  expect(matching("custom_branch_policies]=true").sort()).toEqual(restricted);
  expect(matching("deployment-branch-policies -f name=main").sort()).toEqual(restricted);
});
