import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../tools/parts";
import type { TestStack } from "../engine/stack";
import type { RoomSettings } from "./plugin/room";

/** Atlas, as the plugin in a stack's engine plays it. */
export interface PlayedAtlas {
  /** What it plays from now on. */
  play(settings: RoomSettings): Promise<void>;
  /** The calls to Atlas since the last time that they were asked for, such as `create Project project`. */
  calls(): Promise<string[]>;
  /** The password of every user that was made, by name. */
  passwords(): Promise<ReadonlyMap<string, string>>;
  /** The cluster as Atlas has it. */
  cluster(): Promise<Readonly<Record<string, unknown>>>;
  /** Changes the cluster, or puts one there, as somebody does in Atlas. */
  setCluster(cluster: object): Promise<void>;
  /** The comments of the project's access list, by address or range. */
  accessList(): Promise<Readonly<Record<string, string>>>;
}

const version = "v4.16.0";

/** Installs the plugin in the engine of a stack, as `pulumi plugin install` would. */
export async function atlasFor(stack: TestStack): Promise<PlayedAtlas> {
  const room = join(stack.folder, "atlas");
  const plugin = join(stack.folder, "pulumi-home/plugins", `resource-mongodbatlas-${version}`);
  const program = join(plugin, "pulumi-resource-mongodbatlas");
  const loader = join(repository, "node_modules/tsx/dist/loader.mjs");
  const main = join(repository, "test/atlas/plugin/main.ts");
  await mkdir(plugin, { recursive: true });
  await mkdir(room);
  await writeFile(
    program,
    `#!/bin/sh\nexport ATLAS_ROOM='${room}'\n` +
      `exec '${process.execPath}' --import '${loader}' '${main}' "$@"\n`,
  );
  await chmod(program, 0o755);
  const linesOf = async (name: string) => {
    const file = join(room, name);
    return (await readFile(file, "utf8").catch(() => "")).split("\n").filter(Boolean);
  };
  return {
    play: (settings) => writeFile(join(room, "settings.json"), JSON.stringify(settings)),
    calls: async () => {
      const calls = await linesOf("calls.txt");
      await writeFile(join(room, "calls.txt"), "");
      return calls;
    },
    passwords: async () => {
      const lines = (await linesOf("passwords.txt")).map((line) => line.split(" "));
      return new Map(lines.map(([user = "", password = ""]) => [user, password]));
    },
    cluster: async () =>
      JSON.parse(await readFile(join(room, "cluster.json"), "utf8")) as Record<string, unknown>,
    setCluster: (cluster) => writeFile(join(room, "cluster.json"), JSON.stringify(cluster)),
    accessList: async () => {
      const list = join(room, "access-list");
      const entries = (await readdir(list)).map(
        async (name) =>
          [decodeURIComponent(name), await readFile(join(list, name), "utf8")] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    },
  };
}
