import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the plugin plays; a test writes it as `settings.json`. */
export interface RoomSettings {
  /** The server that clusters stand for, `host:port`, and an administrator's login there. */
  readonly host: string;
  readonly admin: string;
  /** The ids of the private endpoints that clusters have. */
  readonly privateEndpoints?: readonly string[];
  /** A cluster that Atlas has before the stack, by what it was asked for. */
  readonly existing?: Readonly<Record<string, unknown>>;
  /** Whether Atlas has paused the cluster; default: false. */
  readonly paused?: boolean;
  /** The calls that fail, by their beginning, such as `create DatabaseUser`. */
  readonly fail?: readonly string[];
  /** How long after Atlas' answer the server knows a new user, in s; default 3. */
  readonly userDelaySeconds?: number;
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
  /** The file that says whether the cluster has a backup, as Atlas was asked last. */
  readonly backup: string;
  /** The folder of the project's access list, an entry a file: its name encoded, its comment within. */
  readonly accessList: string;
  settings(): RoomSettings;
}

/** @param folder absolute */
export function roomOf(folder: string): Room {
  return {
    calls: join(folder, "calls.txt"),
    passwords: join(folder, "passwords.txt"),
    backup: join(folder, "backup.txt"),
    accessList: join(folder, "access-list"),
    settings: () => JSON.parse(readFileSync(join(folder, "settings.json"), "utf8")) as RoomSettings,
  };
}

/** Writes down a call, a line each. */
export function noteCall({ calls }: Room, { method, type, name }: Call): void {
  appendFileSync(calls, `${method} ${type} ${name}\n`);
}

/** Writes an entry of the access list over one of the same address, or takes that away. */
export function noteEntry({ accessList }: Room, entry: string, comment: string | undefined): void {
  const file = join(accessList, encodeURIComponent(entry));
  mkdirSync(accessList, { recursive: true });
  if (comment === undefined) rmSync(file, { force: true });
  else writeFileSync(file, comment);
}
