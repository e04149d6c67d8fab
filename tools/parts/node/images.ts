import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

/** An image that is made without a builder. */
export interface ImageContent {
  /** With its registry and tag, such as `localhost/pause:1`. */
  readonly name: string;
  /** Files of this machine by their path in the image, in layers; images share equal lists. */
  readonly layers: readonly Files[];
  readonly entrypoint: readonly string[];
  /** Variables as `NAME=value`. */
  readonly environment?: readonly string[];
  /** Such as `1000:1000`; default: root. */
  readonly user?: string;
  readonly directory?: string;
}

/** Files of this machine, absolute, by their absolute path in an image. */
export type Files = Readonly<Record<string, string>>;

/** Node.js with its libraries, as `ldd` names them, at `/usr/local/bin/node`. */
export async function nodeLayer(program = process.execPath): Promise<Files> {
  const { stdout } = await promisify(execFile)("ldd", [program]);
  const libraries = [...stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map(([, file = ""]) => file);
  return {
    "/usr/local/bin/node": program,
    ...Object.fromEntries(libraries.map((file) => [file, file])),
  };
}

/** An image as a Dockerfile has it: its COPY, WORKDIR, USER, ENV and ENTRYPOINT. */
export function imageFromDockerfile(
  text: string,
  { name, base, context }: { name: string; base: Files; context: string },
): ImageContent {
  const all = (word: string) =>
    [...text.matchAll(new RegExp(`^${word} (.*)$`, "gm"))].map(([, rest = ""]) => rest);
  const copied = all("COPY").flatMap((line) => {
    const names = line.split(" ");
    const to = names.pop() ?? "";
    return names.map((file) => [`${to}${file}`, join(context, file)] as const);
  });
  return {
    name,
    layers: [base, Object.fromEntries(copied)],
    entrypoint: JSON.parse(all("ENTRYPOINT").join("")) as string[],
    environment: all("ENV"),
    user: all("USER").join(""),
    directory: all("WORKDIR").join(""),
  };
}

/**
 * Writes images as one archive, as `docker save` does.
 *
 * @param folder is made; gets `images.tar`
 * @returns the archive
 */
export async function writeImages(
  images: readonly ImageContent[],
  folder: string,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, "images-"));
  const layers = new Map<string, Promise<Layer>>();
  const layerOf = (files: Files) => {
    const key = JSON.stringify(files);
    const layer = layers.get(key) ?? writeLayer(files, work, `layer-${layers.size}.tar`);
    layers.set(key, layer);
    return layer;
  };
  const manifest: object[] = [];
  for (const image of images) {
    const of = await Promise.all(image.layers.map(layerOf));
    const config = `config-${manifest.length}.json`;
    await writeFile(join(work, config), JSON.stringify(configOf(image, of)));
    manifest.push({ Config: config, RepoTags: [image.name], Layers: of.map(({ file }) => file) });
  }
  await writeFile(join(work, "manifest.json"), JSON.stringify(manifest));
  const archive = join(folder, "images.tar");
  await tar("-cf", archive, "-C", work, ".");
  await rm(work, { recursive: true });
  return archive;
}

interface Layer {
  readonly file: string;
  readonly digest: string;
}

async function writeLayer(files: Files, work: string, file: string): Promise<Layer> {
  const root = join(work, `${file}.root`);
  for (const [to, from] of Object.entries(files)) {
    await mkdir(dirname(join(root, to)), { recursive: true, mode: 0o755 });
    await copyFile(from, join(root, to));
  }
  const plain = ["--owner=0", "--group=0", "--mode=a+rX", "--sort=name", "--mtime=@0"];
  await tar(...plain, "-cf", join(work, file), "-C", root, ".");
  await rm(root, { recursive: true });
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(work, file)), hash);
  return { file, digest: `sha256:${hash.digest("hex")}` };
}

function configOf(image: ImageContent, layers: readonly Layer[]): object {
  const { entrypoint, environment = [], user = "", directory = "/" } = image;
  return {
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    config: {
      Entrypoint: entrypoint,
      Env: ["PATH=/usr/local/bin:/usr/bin:/bin", ...environment],
      User: user,
      WorkingDir: directory,
    },
    rootfs: { type: "layers", diff_ids: layers.map(({ digest }) => digest) },
  };
}

async function tar(...args: string[]): Promise<void> {
  await promisify(execFile)("tar", args);
}
