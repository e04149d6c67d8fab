import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repository } from "../../tools/parts";
import { executable } from "../../tools/parts/run";
import type { TestStack } from "../engine/stack";
import { note, type RoomSettings } from "./plugin/room";

/** Atlas, as the plugin in a stack's engine plays it. */
export interface PlayedAtlas {
  /** What it plays from now on. */
  play(settings: RoomSettings): Promise<void>;
  /** The calls to Atlas since the last time that they were asked for, such as `create DatabaseUser migrator`. */
  calls(): Promise<string[]>;
  /** The password of every user that was made, by name. */
  passwords(): Promise<ReadonlyMap<string, string>>;
  /** The cluster as Atlas has it. */
  cluster(): Promise<Readonly<Record<string, unknown>>>;
  /** Changes the cluster, or puts one there, as somebody does in Atlas. */
  setCluster(cluster: object): Promise<void>;
  /** The comments of the project's access list, by address or range. */
  accessList(): Promise<Readonly<Record<string, string>>>;
  /** Puts an entry there, as somebody does in Atlas. */
  allow(address: string, comment: string): void;
  /** Ends what plays it, if that is more than the plugin. */
  stop?(): Promise<void>;
}

/** The name of the plugin's folder, as the npm package asks for it. */
export const pluginFolder = "resource-mongodbatlas-v4.16.0";
export const atlasPlugin = "pulumi-resource-mongodbatlas";

/**
 * Installs a plugin in the engine of a stack, as `pulumi plugin install` would. The engine prefers one on PATH, which
 * would call Atlas itself: if this machine has one, this one comes before it.
 *
 * @param script lines of sh that start it with the engine's arguments
 */
export async function installPlugin(stack: TestStack, ...script: string[]): Promise<void> {
  const isOnPath = executable(atlasPlugin) !== undefined;
  const location = isOnPath ? "bin" : join("pulumi-home/plugins", pluginFolder);
  const folder = join(stack.folder, location);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, atlasPlugin), ["#!/bin/sh", ...script, ""].join("\n"));
  await chmod(join(folder, atlasPlugin), 0o755);
}

/** Atlas, as the plugin of the tests plays it in the place of the real one. */
export async function atlasFor(stack: TestStack): Promise<PlayedAtlas> {
  const room = join(stack.folder, "atlas");
  const loader = join(repository, "node_modules/tsx/dist/loader.mjs");
  const main = join(repository, "test/atlas/plugin/main.ts");
  await mkdir(room);
  await installPlugin(
    stack,
    `export ATLAS_ROOM='${room}'`,
    `exec '${process.execPath}' --import '${loader}' '${main}' "$@"`,
  );
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
    allow: (address, comment) => {
      note(join(room, "access-list"), address, comment);
    },
  };
}
