import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, it } from "vitest";
import { pushFile, type Push } from "../../../components/rollout/values/git";
import { checkoutForTests } from "./checkout";

const site = checkoutForTests();

const pushed = (changes: Partial<Push> = {}) =>
  pushFile({
    file: join(site.checkout, "deploy/own.yaml"),
    text: "mode: mongo\n",
    branch: "main",
    subject: "Set worker to mongo mode",
    ...changes,
  });

it("commits the one file and pushes it, and the checkout stays as it is", async () => {
  await pushed();

  expect(await site.onRemote("show", "main:deploy/own.yaml")).toBe("mode: mongo");
  expect(await site.onRemote("log", "-1", "--format=%s", "main")).toBe(
    "Set worker to mongo mode [skip ci]",
  );
  expect(await site.onRemote("diff", "--name-only", "main~1", "main")).toBe("deploy/own.yaml");
  expect(await site.git("rev-parse", "HEAD")).toBe(await site.onRemote("rev-parse", "main~1"));
});

it("pushes nothing that the branch has already", async () => {
  await pushed();
  await pushed();
  expect(await site.commits()).toBe(2);
});

it("leaves what else is changed in the checkout as it was, staged or not", async () => {
  const seen = join(site.checkout, "deploy/worker.yaml");
  await writeFile(join(site.checkout, "staged.txt"), "staged");
  await site.git("add", "staged.txt");
  await writeFile(seen, "env: [] # edited\n");
  await writeFile(join(site.checkout, "deploy/own.yaml"), "mode: mongo\n");
  await pushed();

  expect(await site.git("status", "--porcelain")).toBe(
    " M deploy/worker.yaml\nA  staged.txt\n?? deploy/own.yaml",
  );
  expect(await readFile(seen, "utf8")).toBe("env: [] # edited\n");
  expect(await site.onRemote("diff", "--name-only", "main~1", "main")).toBe("deploy/own.yaml");
});

it("commits on top of what somebody else pushed, and keeps a commit of the checkout to itself", async () => {
  await execa(site.commandOfAnother, { shell: true });
  await site.git("commit", "--quiet", "--allow-empty", "--message=of the checkout");
  await pushed();

  expect(await site.onRemote("log", "--format=%s", "main")).toBe(
    "Set worker to mongo mode [skip ci]\nOf another\nBegin",
  );
  expect(await site.git("log", "-1", "--format=%s")).toBe("of the checkout");
});

it("tries again if somebody was faster between fetch and push", async () => {
  // Git runs it between the two; it pushes once.
  await site.beforePush(`[ -e "$0.done" ] && exit 0; touch "$0.done"; ${site.commandOfAnother}`);
  await pushed();

  expect(await site.onRemote("log", "--format=%s", "main")).toBe(
    "Set worker to mongo mode [skip ci]\nOf another\nBegin",
  );
});

it("gives up after some attempts if somebody is always faster", async () => {
  await site.beforePush(site.commandOfAnother);
  await expect(pushed()).rejects.toThrow(/git push failed: .*rejected/);
  expect(await site.onRemote("show", "main:deploy/own.yaml").catch(() => "none")).toBe("none");
});

it("proves the right to push by a commit without a change of a file that is there", async () => {
  await pushed();
  await pushed({ isTrial: true, text: "other: text\n", subject: "Check" });

  expect(await site.onRemote("show", "main:deploy/own.yaml")).toBe("mode: mongo");
  expect(await site.onRemote("log", "-1", "--format=%s", "main")).toBe("Check [skip ci]");
  expect(await site.onRemote("diff", "--name-only", "main~1", "main")).toBe("");
});

it("proves it by the file itself if the branch does not have it", async () => {
  await pushed({ isTrial: true, text: "{}\n" });
  expect(await site.onRemote("show", "main:deploy/own.yaml")).toBe("{}");
});

it("says what the server's hook says, once, and changes nothing", async () => {
  await site.refuse("protected: only by pull requests");

  await expect(pushed()).rejects.toThrow(
    /^.*own\.yaml was not pushed to branch main: git push failed: .*protected: only by pull requests/,
  );
  expect(await site.commits()).toBe(1);
  expect(await site.git("status", "--porcelain")).toBe("");
});

it("refuses a detached checkout, another branch, and what is no checkout", async () => {
  await site.git("switch", "--quiet", "--create", "feature");
  await expect(pushed()).rejects.toThrow("its checkout is on feature. Run git switch main there.");
  await site.git("switch", "--quiet", "--detach", "main");
  await expect(pushed()).rejects.toThrow(/detached\. .*git switch main/);
  const file = join(site.folder, "plain/own.yaml");
  await mkdir(join(site.folder, "plain"));
  await expect(pushed({ file })).rejects.toThrow(/git rev-parse failed: .*not a git/);
  expect(await site.commits()).toBe(1);
});

it("shows no password of the remote's URL", async () => {
  await site.git("remote", "set-url", "origin", "https://ci:s3cret@127.0.0.1:1/site.git");
  const failing = pushed();
  await expect(failing).rejects.toThrow(/git fetch failed: .*127\.0\.0\.1/);
  await expect(failing).rejects.not.toThrow(/s3cret/);
});

it("shows no password that a server's hook prints", async () => {
  await site.refuse("see https://ci:s3cret@git.example.com/rules");
  const failing = pushed();
  await expect(failing).rejects.toThrow("https://***@git.example.com/rules");
  await expect(failing).rejects.not.toThrow(/s3cret/);
});

it("takes the remote that the branch tracks", async () => {
  await site.git("remote", "rename", "origin", "upstream");
  await pushed();
  expect(await site.onRemote("show", "main:deploy/own.yaml")).toBe("mode: mongo");
});

it("works from a shallow checkout, as a pipeline has it", async () => {
  const shallow = join(site.folder, "shallow");
  await pushed({ text: "mode: filesystem\n" });
  await execa("git", ["clone", "--quiet", "--depth=1", `file://${site.folder}/site.git`, shallow]);
  await execa(site.commandOfAnother, { shell: true });
  await pushed({ file: join(shallow, "deploy/own.yaml") });

  expect(await site.onRemote("show", "main:deploy/own.yaml")).toBe("mode: mongo");
  expect(await site.commits()).toBe(4);
});

it("commits as whom Git knows, else as the program", async () => {
  await site.git("config", "user.name", "Deployer");
  await site.git("config", "user.email", "deployer@example.com");
  await pushed();
  const author = ["log", "-1", "--format=%an %ae %cn", "main"];
  expect(await site.onRemote(...author)).toBe("Deployer deployer@example.com Deployer");

  await site.git("config", "--unset", "user.email");
  await site.git("config", "--unset", "user.name");
  await pushed({ text: "mode: filesystem\n" });
  expect(await site.onRemote(...author)).toBe(
    "taskrunner-storage taskrunner-storage@localhost taskrunner-storage",
  );
});

it("signs its commit if Git signs commits", async () => {
  const key = join(site.folder, "key");
  await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  await site.git("config", "gpg.format", "ssh");
  await site.git("config", "user.signingkey", `${key}.pub`);
  await site.git("config", "commit.gpgSign", "yes");
  await pushed();

  expect(await site.onRemote("cat-file", "commit", "main")).toContain("gpgsig -----BEGIN SSH");
});
