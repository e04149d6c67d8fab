import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type GitlabSite, makeGitlabSite } from "./site";

const minutes = 60_000;

let site: GitlabSite;
beforeAll(async () => {
  site = await makeGitlabSite();
}, 40 * minutes);
afterAll(() => site.remove());

const noteBodies = () => site.notes.stored.comments.map(({ body }) => body);

it("a merge request gets one note, which the next pipeline updates", async () => {
  const first = await site.run("merge_request_event");
  expect(first.failed, first.output).toBe(false);
  await site.setMode("mongo");
  const second = await site.run("merge_request_event");

  expect(second.failed, second.output).toBe(false);
  expect(first.output).toContain("Comment created: https://gitlab.example.org/group/name/-/merge");
  expect(second.output).toContain("Comment updated: https://gitlab.example.org/group/name/-/merge");
  expect(noteBodies()).toEqual([
    expect.stringMatching(
      /^<!-- taskrunner-storage:staging -->\n### `staging`: cut over to MongoDB/,
    ),
  ]);
  const [body = ""] = noteBodies();
  expect(body).toContain("[This run](https://gitlab.example.org/group/name/-/pipelines/9)");
  // With the figures of MongoDB, by the connection string of the stack.
  expect(body).not.toContain("figures of MongoDB are missing");
  expect(first.output + second.output).not.toContain(site.token);
  expect(await site.mode()).toBe("filesystem");
});

it("a merge changes nothing by itself, and `up` stops at what was not approved", async () => {
  const merged = await site.run("push");
  expect(merged.failed, merged.output).toBe(false);
  expect(await site.mode()).toBe("filesystem");
  const approval = join(site.folder, "approval-staging.json");
  const approved = await readFile(approval, "utf8");
  await writeFile(approval, "[]");
  const up = await site.run("push", "up: [staging]");
  await writeFile(approval, approved);

  expect(up.failed).toBe(true);
  expect(up.output).toContain("Stack staging would do more than was approved");
  expect(await site.mode()).toBe("filesystem");
});

it("`up` by hand does what was approved, and a rollback by hand goes back", async () => {
  const up = await site.run("push", "up: [staging]");
  expect(up.failed, up.output).toBe(false);
  expect(await site.mode()).toBe("mongo");

  const rollback = await site.run("web", "--manual", "rollback: [staging]");
  expect(rollback.failed, rollback.output).toBe(false);
  expect(rollback.output).toContain("Merge storageMode filesystem in Pulumi.staging.yaml");
  expect(await site.mode()).toBe("filesystem");
  // Only pipelines of merge requests write notes.
  expect(noteBodies()).toHaveLength(1);
});
