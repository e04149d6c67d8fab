import { expect, it } from "vitest";
import { openOrUpdateIssue } from "../../../components/review/post";
import { marker } from "../../../components/review/post/own";
import { serverPerTest } from "./server";

const current = serverPerTest();

const write = (body: string | undefined, title = "Drift of stack prod") =>
  openOrUpdateIssue(
    { repository: "o/r", stack: "prod", title, body, apiUrl: current.server.apiUrl, token: "t" },
    { secondMs: 1 },
  );

const mark = marker("prod", "drift");

it.each(["github", "gitea"] as const)(
  "on %s it is opened, updated, closed, opened anew",
  async (kind) => {
    current.server.kind = kind;

    expect(await write(undefined)).toEqual({ outcome: "none" });
    expect(await write("an index differs")).toMatchObject({ outcome: "created" });
    expect(await write("an index differs")).toMatchObject({ outcome: "unchanged" });
    expect(await write("two differ")).toMatchObject({ outcome: "updated" });
    expect(await write(undefined)).toMatchObject({ outcome: "closed" });
    expect(await write(undefined)).toEqual({ outcome: "none" });
    await write("a third one");
    expect(current.server.stored.issues).toMatchObject([
      { state: "closed", title: "Drift of stack prod", body: `${mark}\ntwo differ` },
      { state: "open", body: `${mark}\na third one` },
    ]);
  },
  30_000,
);

it.each(["github", "gitea"] as const)("on %s it is found among 130", async (kind) => {
  current.server.kind = kind;
  const { id } = current.server.add("issues", {
    body: `${mark}\nold`,
    title: "Drift of stack prod",
  });
  for (let count = 0; count < 130; count++) current.server.add("issues", { body: "other" });
  current.server.stored.issues.reverse();

  expect(await write("new")).toMatchObject({ outcome: "updated" });
  expect(current.server.stored.issues.find((one) => one.id === id)?.body).toBe(`${mark}\nnew`);
});

it("takes neither a pull request, nor a comment's marker, nor somebody else's issue for it", async () => {
  const others = [
    { body: `${mark}\nx`, pull_request: {} },
    { body: `${marker("prod")}\nx` },
    { body: `${mark}\nx`, user: { login: "mallory", type: "User" } },
  ];
  for (const other of others) current.server.add("issues", other);

  expect(await write("ours")).toMatchObject({ outcome: "created" });
  expect(current.server.stored.issues.map(({ body, state }) => [body, state])).toEqual([
    ...others.map(({ body }) => [body, "open"]),
    [`${mark}\nours`, "open"],
  ]);
});

it("of two that are open the older one is kept, the other one closed", async () => {
  for (const body of [`${mark}\none`, `${mark}\ntwo`]) current.server.add("issues", { body });

  await write("three");
  expect(current.server.stored.issues).toMatchObject([
    { state: "open", body: `${mark}\nthree` },
    { state: "closed", body: `${mark}\ntwo` },
  ]);
});

it("says which permission is missing, and where issues are switched off", async () => {
  const answers = [{ status: 403, message: "Resource not accessible by integration" }];
  current.server.odd.push({ to: /^GET .*issues/, answers });
  await expect(write("x")).rejects.toThrow("give the job issues: write");

  answers.push({ status: 410, message: "Issues has been disabled in this repository." });
  await expect(write("x")).rejects.toThrow("Enable them");
});
