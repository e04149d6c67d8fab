import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the plugin plays; a test writes it as `settings.json`. */
export interface RoomSettings {
  /** The server that clusters stand for, `host:port`, and an administrator's login there. */
  readonly host: string;
  readonly admin: string;
  /** The ids of the private endpoints that clusters have. */
  readonly privateEndpoints?: readonly string[];
  /** The calls that fail, by their beginning, such as `create DatabaseUser`. */
  readonly fail?: readonly string[];
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
  settings(): RoomSettings;
}

/** @param folder absolute */
export function roomOf(folder: string): Room {
  return {
    calls: join(folder, "calls.txt"),
    passwords: join(folder, "passwords.txt"),
    settings: () => JSON.parse(readFileSync(join(folder, "settings.json"), "utf8")) as RoomSettings,
  };
}

/** Writes down a call, a line each. */
export function noteCall({ calls }: Room, { method, type, name }: Call): void {
  appendFileSync(calls, `${method} ${type} ${name}\n`);
}
