import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test, vi } from "vitest";
import { freeNetwork, nodePaths } from "../../../tools/parts/node/configuration";
import { imageFromDockerfile, writeImages } from "../../../tools/parts/node/images";
import { whatNodeLacks } from "../../../tools/parts/node/probe";

test("a node's network is one that no interface has, and the same for the same folder", () => {
  const paths = nodePaths("/a/cluster");
  const none = "1: lo    inet 127.0.0.1/8 scope host lo";
  const first = freeNetwork(paths, none);
  expect(first).toMatch(/^10\.201\.\d+$/);
  expect(freeNetwork(paths, none)).toBe(first);
  const second = freeNetwork(paths, `2: trs-1    inet ${first}.1/24`);
  expect(second).not.toBe(first);
  expect(freeNetwork(paths, `2: x inet ${first}.1/24\n3: y inet ${second}.1/24`)).not.toBe(second);
});

test("names of bridges differ by folder, and are short enough for an interface", () => {
  const one = nodePaths("/a/cluster").name;
  const other = nodePaths("/b/cluster").name;
  expect(one).not.toBe(other);
  expect(one.length).toBeLessThan(16);
});

test("an image takes its files, user and entry point from the Dockerfile", () => {
  const text = [
    "FROM node",
    "COPY program.cjs NOTICES /opt/",
    "WORKDIR /tmp",
    "USER 1000:1000",
    "ENV THREADS=16",
    'ENTRYPOINT ["node", "/opt/program.cjs"]',
  ].join("\n");
  const base = { "/bin/node": "/usr/bin/node" };
  expect(imageFromDockerfile(text, { name: "localhost/x:1", base, context: "/dist" })).toEqual({
    name: "localhost/x:1",
    layers: [base, { "/opt/program.cjs": "/dist/program.cjs", "/opt/NOTICES": "/dist/NOTICES" }],
    entrypoint: ["node", "/opt/program.cjs"],
    environment: ["THREADS=16"],
    user: "1000:1000",
    directory: "/tmp",
  });
});

// Only Linux has nodes, and always the tar of GNU.
const isLinux = process.platform === "linux";

test("whoever is not root is told so, in a line", async ({ skip }) => {
  skip(!isLinux, "needs Linux");
  vi.spyOn(process, "getuid").mockReturnValue(1000);
  expect(await whatNodeLacks()).toBe("needs root");
});

test("images in one archive share their layers, and the same files give the same layer", async ({
  skip,
}) => {
  skip(!isLinux, "needs Linux");
  const folder = await mkdtemp(join(tmpdir(), "images-"));
  const file = join(folder, "program");
  await writeFile(file, "text");
  const image = { layers: [{ "/opt/program": file }], entrypoint: ["/opt/program"] };
  const manifestOf = async (to: string) => {
    const images = ["one", "two"].map((name) => ({ name: `localhost/${name}:1`, ...image }));
    const archive = await writeImages(images, join(folder, to));
    await execa("tar", ["-xf", archive, "-C", join(folder, to)]);
    const text = await readFile(join(folder, to, "manifest.json"), "utf8");
    const manifest = JSON.parse(text) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    const config = await readFile(join(folder, to, manifest[0]?.Config ?? ""), "utf8");
    return { manifest, config };
  };
  const { manifest, config } = await manifestOf("first");
  expect(manifest.map(({ RepoTags, Layers }) => [RepoTags, Layers])).toEqual([
    [["localhost/one:1"], ["layer-0.tar"]],
    [["localhost/two:1"], ["layer-0.tar"]],
  ]);
  expect((await manifestOf("second")).config).toBe(config);
  await rm(folder, { recursive: true });
});
