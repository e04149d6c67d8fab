import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { postReview } from "../../../components/review/post";
import { serverPerTest } from "./server";

const current = serverPerTest();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "review-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("the same text is the comment and the summary, which is there where the API refuses", async () => {
  const GITHUB_STEP_SUMMARY = join(folder, "summary.md");
  const env = {
    ...{ GITHUB_REPOSITORY: "o/r", GITHUB_TOKEN: "t", GITHUB_REF: "refs/pull/5/merge" },
    ...{ GITHUB_API_URL: current.server.apiUrl, GITHUB_STEP_SUMMARY },
  };

  expect(await postReview("prod", "# One", env, { secondMs: 1 })).toMatchObject({
    outcome: "created",
  });
  expect(current.server.stored.comments).toMatchObject([
    { body: "<!-- taskrunner-storage:prod -->\n# One" },
  ]);
  current.server.odd.push({ to: /comments/, answers: [{ status: 403 }] });
  await expect(postReview("prod", "# Two", env, { secondMs: 1 })).rejects.toThrow("403");
  expect(await readFile(GITHUB_STEP_SUMMARY, "utf8")).toBe("# One\n\n# Two\n\n");
});
