import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { version } from "../../package.json";
import { stepsOf, workflow } from "./read";

const runsOf = (name: string, job: string) =>
  stepsOf(name, job).flatMap(({ run }) => (run === undefined ? [] : [run]));
const build = runsOf("release-build.yml", "build");
const publish = runsOf("release.yml", "publish");
const lineOf = (lines: readonly string[], part: string) =>
  lines.find((line) => line.includes(part)) ?? "";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "release-"));
  await mkdir(join(folder, "dist"));
});
afterEach(() => rm(folder, { recursive: true }));

it("the dry run publishes nothing, and needs no right to", () => {
  const { permissions, jobs } = workflow("release-build.yml");
  expect(permissions).toEqual({ contents: "read" });
  expect(Object.values(jobs).map((job) => job.permissions)).toEqual([undefined]);
  expect(build.filter((run) => /\bpush\b|\blogin\b|\bgh /.test(run))).toEqual([]);
  expect(build).toContain("make release");
});

it("what publishes runs no code of the repository or of its packages", () => {
  const own = stepsOf("release.yml", "publish").flatMap(({ uses = [] }) => uses);
  expect(own.map((action) => action.split("@")[0])).toEqual([
    "actions/setup-node",
    "actions/download-artifact",
  ]);
  const programs = publish.map((run) => run.split(" ")[0]);
  expect(new Set(programs)).toEqual(new Set(["gh", "skopeo", "helm", "test"]));
});

it("what publishes gets what was built, and all of it", () => {
  const uploaded = stepsOf("release-build.yml", "build").find(({ uses }) =>
    uses?.startsWith("actions/upload-artifact@"),
  );
  const paths = String(uploaded?.with?.path).trim().split("\n");
  const used = publish.flatMap((run) => run.match(/dist\/\S*/g) ?? []);
  const matching = (path: string) => path.replace(/^(dist\/).*(?=\.tgz)/, "$1*").replace('"', "");
  expect([...new Set(used.map(matching))].sort()).toEqual(paths.sort());
});

describe("publishing", () => {
  beforeEach(async () => {
    const programs = ["gh", "skopeo", "helm", "npm"];
    for (const name of programs) {
      const file = join(folder, name);
      const says = `echo "${name} $*" >> "${folder}/said"`;
      const answers = `case "$*" in "release view"*|view*) cat "${file}.answer" ;; esac`;
      await writeFile(file, `#!/bin/sh\n${says}\n${answers}\n`);
      await chmod(file, 0o755);
    }
    await writeFile(join(folder, "npm.answer"), "");
    for (const name of [`taskrunner-storage-${version}.tgz`, "task-runner-0.2.0.tgz"])
      await writeFile(join(folder, "dist", name), "");
  });

  /** What the job calls, on a forge of the name `Owner/Repository`. */
  async function calls(): Promise<string[]> {
    const path = [folder, process.env.PATH].join(delimiter);
    const env = { PATH: path, TAG: "v0.2.0", TOKEN: "s3cret", GITHUB_ACTOR: "ann" };
    const all = { ...env, GITHUB_REPOSITORY: "Owner/Repository" };
    for (const run of publish)
      await execa("bash", ["-e", "-c", run], { cwd: folder, env: all, extendEnv: false });
    return (await readFile(join(folder, "said"), "utf8")).trimEnd().split("\n");
  }

  it("drafts the release first, then image, chart and package, and turns it public last", async () => {
    expect(await calls()).toEqual([
      "gh release view v0.2.0",
      expect.stringMatching(/^gh release create v0\.2\.0 --draft --verify-tag /),
      "skopeo login ghcr.io --username ann --password-stdin",
      "skopeo copy --all --preserve-digests oci-archive:dist/image.tar docker://ghcr.io/owner/repository:0.2.0",
      "helm registry login ghcr.io --username ann --password-stdin",
      "helm push dist/task-runner-0.2.0.tgz oci://ghcr.io/owner/repository/charts",
      "npm view taskrunner-storage@0.2.0 version",
      "npm publish ./dist/taskrunner-storage-0.2.0.tgz --provenance --access public",
      "gh release edit v0.2.0 --draft=false",
    ]);
  });

  it("can be run again, with what it has done already", async () => {
    await writeFile(join(folder, "gh.answer"), "title: v0.2.0\n");
    await writeFile(join(folder, "npm.answer"), "0.2.0\n");
    const said = await calls();
    expect(said.filter((call) => /^(gh release create|npm publish)/.test(call))).toEqual([]);
    expect(said.at(-1)).toBe("gh release edit v0.2.0 --draft=false");
  });
});

it("the notes name the image by the digest of both platforms", async () => {
  const built = { "image.name": "ghcr.io/o/r:1.2.3", "containerimage.digest": "sha256:abc" };
  await writeFile(join(folder, "dist/image.json"), JSON.stringify(built));
  await execa("bash", ["-e", "-c", lineOf(build, "jq ")], { cwd: folder });
  expect(await readFile(join(folder, "dist/notes.md"), "utf8")).toBe(
    "Image `ghcr.io/o/r:1.2.3@sha256:abc`, for linux/amd64 and linux/arm64\n",
  );
});
