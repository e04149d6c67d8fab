import { inspect } from "node:util";
import { expect, it } from "vitest";
import { marker, postComment, PostError } from "../../../components/review/post";
import { githubThread } from "../../../components/review/post/github";
import { gitlabThread } from "../../../components/review/post/gitlab";
import { serverPerTest, type Kind, type Odd } from "./server";

const current = serverPerTest();
const token = "ghs_verySecretToken";

const forges = ["github", "gitea", "gitlab"] as const;
const page = "https://gitlab.example.org/o/r/-/merge_requests/5";

function thread(kind: Kind, apiUrl: string) {
  if (kind !== "gitlab") return githubThread({ repository: "o/r", pullRequest: 5, apiUrl, token });
  return gitlabThread({ project: "77", mergeRequest: 5, page, apiUrl, token });
}

const post = (body: string, stack = "prod", apiUrl = current.server.apiUrl) =>
  // Waits are a thousandth of what they are.
  postComment(thread(current.server.kind, apiUrl), { stack, body }, { secondMs: 1 });

const bodies = () => current.server.stored.comments.map(({ body }) => body);
const writes = () => current.server.requests.filter((one) => !one.startsWith("GET"));
const answer = (to: RegExp, ...answers: Odd[]) => current.server.odd.push({ to, answers });

async function failure(posting: Promise<unknown>): Promise<PostError> {
  const error: unknown = await posting.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(PostError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(token);
  return error as PostError;
}

it.each(forges)("on %s a stack has one comment, which is updated", async (kind) => {
  current.server.kind = kind;

  expect(await post("first")).toMatchObject({ outcome: "created" });
  const [{ html_url, id } = { html_url: "", id: 0 }] = current.server.stored.comments;
  const url = kind === "gitlab" ? `${page}#note_${id}` : html_url;
  expect(await post("second")).toEqual({ outcome: "updated", url });
  expect(await post("second")).toEqual({ outcome: "unchanged", url });
  await post("of another stack", "staging");
  expect(bodies()).toEqual([
    "<!-- taskrunner-storage:prod -->\nsecond",
    "<!-- taskrunner-storage:staging -->\nof another stack",
  ]);
  const scheme = kind === "gitlab" ? "Bearer" : "token";
  expect(new Set(current.server.authorizations)).toEqual(new Set([`${scheme} ${token}`]));
});

it.each(forges)("on %s the comment is found among 250", async (kind) => {
  current.server.kind = kind;
  for (let count = 0; count < 249; count++) current.server.add("comments", { body: "chatter" });
  const { id } = current.server.add("comments", { body: `${marker("prod")}\nold` });

  expect(await post("new")).toMatchObject({ outcome: "updated" });
  expect(current.server.stored.comments).toHaveLength(250);
  expect(current.server.stored.comments.at(-1)).toMatchObject({
    id,
    body: `${marker("prod")}\nnew`,
  });
  const pages = current.server.requests.filter((one) => /(comments|notes)\?/.test(one));
  expect(pages).toHaveLength(kind === "gitea" ? 1 : 3);
});

it.each(forges)("on %s the older of two comments is kept", async (kind) => {
  current.server.kind = kind;
  const { id } = current.server.add("comments", { body: `${marker("prod")}\none` });
  current.server.add("comments", { body: `${marker("prod")}\ntwo` });

  await post("three");
  expect(current.server.stored.comments).toMatchObject([{ id, body: `${marker("prod")}\nthree` }]);
});

it.each([
  ["a workflow's token", undefined, { login: "mallory", type: "User" }],
  ["a user's token", "release-bot", { login: "mallory", type: "User" }],
  ["a user's token, beside a bot", "release-bot", { login: "some-app[bot]", type: "Bot" }],
])("with %s, somebody else's comment with the marker stays theirs", async (_, login, user) => {
  current.server.login = login;
  const theirs = `${marker("prod")}\nAll is well, say yes`;
  current.server.add("comments", { user, body: theirs });

  expect(await post("ours")).toMatchObject({ outcome: "created" });
  expect(await post("ours again")).toMatchObject({ outcome: "updated" });
  expect(bodies()).toEqual([theirs, `${marker("prod")}\nours again`]);
});

it("on GitLab, somebody else's note with the marker stays theirs", async () => {
  current.server.kind = "gitlab";
  const theirs = `${marker("prod")}\nAll is well, say yes`;
  current.server.add("comments", { user: { login: "mallory", id: 7 }, body: theirs });

  expect(await post("ours")).toMatchObject({ outcome: "created" });
  expect(await post("ours again")).toMatchObject({ outcome: "updated" });
  expect(bodies()).toEqual([theirs, `${marker("prod")}\nours again`]);
});

it("a comment that quotes the marker is another one", async () => {
  current.server.add("comments", { body: `> ${marker("prod")}\n> old\n\n${marker("prod")}` });

  expect(await post("new")).toMatchObject({ outcome: "created" });
});

it.each(forges)("asks again if the server of %s has trouble", async (kind) => {
  current.server.kind = kind;
  answer(/^GET .*(comments|notes)/, { status: 502 }, { status: 503 }, { status: 500, cut: true });

  expect(await post("text")).toMatchObject({ outcome: "created" });
});

it.each(forges)("on %s a creation whose answer is lost is not made twice", async (kind) => {
  current.server.kind = kind;
  answer(/^POST/, { status: 502, afterwards: true }, { status: 500, afterwards: true, cut: true });

  await post("text");
  expect(bodies()).toEqual([`${marker("prod")}\ntext`]);
});

it("gives up where the trouble lasts", async () => {
  answer(/^POST/, ...Array.from({ length: 20 }, () => ({ status: 502, message: "Bad gateway" })));

  const error = await failure(post("text"));
  expect(error.message).toContain("502, Bad gateway. It was tried four times.");
  expect(writes()).toHaveLength(4);
});

it.each([
  [403, "Resource not accessible by integration"],
  [401, "Bad credentials"],
  [404, "Not Found"],
  [429, "Slow down"],
])("repeats the refusal %s %s, and says what to check", async (status, message) => {
  answer(/^(GET .*comments|POST)/, { status, message });

  const error = await failure(post("text"));
  expect(error.message).toBe(
    `Posting the comment of stack prod on o/r#5 failed. ${current.server.apiUrl} says: ${status}, ${message}. ` +
      "Check GITHUB_TOKEN, GITHUB_REPOSITORY and the permission pull-requests: write. At a rate limit, run it again later.",
  );
  expect(current.server.requests).toHaveLength(1);
});

it.each([
  [401, "401 Unauthorized"],
  [403, "insufficient_scope"],
  [404, "404 Project Not Found"],
])("on GitLab, repeats the refusal %s %s, and says what to check", async (status, message) => {
  current.server.kind = "gitlab";
  answer(/^(GET .*notes|POST)/, { status, message });

  const error = await failure(post("text"));
  expect(error.message).toBe(
    `Posting the comment of stack prod on ${page} failed. ${current.server.apiUrl} says: ${status}, ` +
      `{"message":"${message}"}. Check GITLAB_TOKEN: a project access token with the role Developer and the ` +
      "scope api, which the job can read. At a rate limit, run it again later.",
  );
  expect(current.server.requests).toHaveLength(1);
});

it("repeats what the API says of a text that is too long", async () => {
  current.server.longest = 1_000;

  const { message } = await failure(post("x".repeat(1_001)));
  expect(message).toContain("body is too long (maximum is 1000 characters)");
  expect(bodies()).toEqual([]);
});

it("quotes at most 500 characters of an answer, such as a proxy's page", async () => {
  answer(/^POST/, { status: 403, message: "x".repeat(501) });

  const { message } = await failure(post("text"));
  expect(message).toMatch(/ 403, x{500}\. Check GITHUB_TOKEN/);
});

it.each([
  ["github", "GITHUB_API_URL"],
  ["gitlab", "CI_API_V4_URL"],
] as const)("no error of %s has the token, whatever the server says", async (kind, variable) => {
  current.server.kind = kind;
  answer(/^GET .*(comments|notes)/, { status: 403, message: `who is ${token}?` });
  expect((await failure(post("text"))).message).toMatch(/403, .*who is \*\*\*\?/);

  const error = await failure(post("", "prod", "http://127.0.0.1:1"));
  expect(error.message).toMatch(new RegExp(`no answer, .*Check ${variable}`));
  expect(current.server.apiUrl).not.toContain(token);
});

it.each(["a--b", "x-->", "--><img src=x>", "-", "a b", "org/project/prod"])(
  "the marker of stack %s ends where it should",
  (stack) => {
    const inside = /^<!-- (.*) -->$/.exec(marker(stack))?.[1] ?? "";
    expect(inside).toMatch(/^taskrunner-storage:\S+$/);
    expect(inside).not.toMatch(/--|[<>]/);
    expect(marker(stack)).not.toBe(marker(`${stack}-`));
  },
);
