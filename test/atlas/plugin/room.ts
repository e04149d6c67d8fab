import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { PluginProperties } from "./values";

/** What the plugin plays; a test writes it as `settings.json`. */
export interface RoomSettings {
  /** The server that clusters stand for, `host:port`, and an administrator's login there. */
  readonly host: string;
  readonly admin: string;
  /** The ids of the private endpoints that clusters have. */
  readonly privateEndpoints?: readonly string[];
  /** The calls that Atlas answers with 500, by their beginning, such as `create DatabaseUser`. */
  readonly fail?: readonly string[];
  /**
   * A user whom the server knows once a file, absolute, is there; it knows others 3 s after Atlas' answer.
   */
  readonly admission?: { readonly user: string; readonly file: string };
  /** Whether Atlas gives no token to a service account, so that the plugin's Configure fails. */
  readonly tokenless?: boolean;
  /** The calls that Atlas begins and does not finish in time, by their beginning. */
  readonly late?: readonly string[];
}

/** A call of the engine's that would go to Atlas. */
export interface Call {
  readonly method: "create" | "update" | "delete";
  readonly type: string;
  readonly name: string;
}

/** The folder through which a test and the plugin know of each other. */
export interface Room {
  readonly calls: string;
  readonly passwords: string;
  /** The folders of the users and the roles that Atlas has, a file each; a user's has its roles. */
  readonly users: string;
  readonly roles: string;
  /** The folder of the project's access list, an entry a file: its name encoded, its comment within. */
  readonly accessList: string;
  settings(): RoomSettings;
  /** The cluster as Atlas has it; undefined if there is none. */
  cluster(): PluginProperties | undefined;
  setCluster(cluster: PluginProperties): void;
}

/** @param folder absolute */
export function roomOf(folder: string): Room {
  const cluster = join(folder, "cluster.json");
  return {
    calls: join(folder, "calls.txt"),
    passwords: join(folder, "passwords.txt"),
    users: join(folder, "users"),
    roles: join(folder, "roles"),
    accessList: join(folder, "access-list"),
    settings: () => JSON.parse(readFileSync(join(folder, "settings.json"), "utf8")) as RoomSettings,
    cluster: () =>
      existsSync(cluster)
        ? (JSON.parse(readFileSync(cluster, "utf8")) as PluginProperties)
        : undefined,
    setCluster: (properties) => {
      writeFileSync(cluster, JSON.stringify(properties));
    },
  };
}

/** Writes down a call, a line each. */
export function noteCall({ calls }: Room, { method, type, name }: Call): void {
  appendFileSync(calls, `${method} ${type} ${name}\n`);
}

/** Writes a file of a folder, such as an entry of the access list over one of the same address, or removes it. */
export function note(folder: string, name: string, text: string | undefined): void {
  const file = join(folder, encodeURIComponent(name));
  mkdirSync(folder, { recursive: true });
  if (text === undefined) rmSync(file, { force: true });
  else writeFileSync(file, text);
}

/** The texts of a folder by name; none if it is not there yet. */
export function notesIn(folder: string): Map<string, string> {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const texts = names.map(
    (name) => [decodeURIComponent(name), readFileSync(join(folder, name), "utf8")] as const,
  );
  return new Map(texts);
}
