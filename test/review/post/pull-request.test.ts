import { expect, it } from "vitest";
import { openPullRequest } from "../../../components/review/post";
import { serverPerTest } from "./server";

const current = serverPerTest();

const open = () => {
  const { apiUrl } = current.server;
  const wanted = { branch: "rollback-prod", base: "main", title: "T", body: "B" };
  return openPullRequest({ repository: "o/r", apiUrl, token: "t", ...wanted }, { secondMs: 1 });
};

it.each(["github", "gitea"] as const)("on %s a branch gets one pull request", async (kind) => {
  current.server.kind = kind;
  const fork = {
    head: { ref: "rollback-prod", repo: { full_name: "m/r" } },
    base: { ref: "main" },
  };
  current.server.add("pulls", fork);
  current.server.add("pulls", { ...fork, head: { ref: "rollback-prod", repo: null } });

  const { outcome, url } = await open();
  expect(outcome).toBe("created");
  expect(await open()).toEqual({ outcome: "unchanged", url });
  expect(current.server.stored.pulls.slice(2)).toMatchObject([
    { head: { ref: "rollback-prod" }, base: { ref: "main" }, title: "T", body: "B", html_url: url },
  ]);
});

it("says where the repository allows workflows no pull requests", async () => {
  const message = "GitHub Actions is not permitted to create or approve pull requests.";
  current.server.odd.push({ to: /^POST .*pulls/, answers: [{ status: 403, message }] });

  await expect(open()).rejects.toThrow("Allow it in the repository's settings");
});

it("waits until the forge knows the branch that was pushed", async () => {
  const unknown = { status: 404 };
  current.server.odd.push({ to: /^GET .*branches/, answers: [unknown, unknown, unknown] });

  expect((await open()).outcome).toBe("created");
  const asked = current.server.requests.map((request) => request.split(" ")[0]);
  expect(asked).toEqual(["GET", "GET", "GET", "GET", "GET", "POST"]);
});
