import type { MongoProgram } from "./server-program";

/** What a server program is told when it starts. */
export interface ServerArguments {
  /** Absolute. */
  readonly directory: string;
  readonly port: number;
  readonly auth: boolean;
  readonly testCommands: boolean;
}

/** The whole command that starts a server. Both kinds keep to 256 MB of cache. */
export function serverCommand(program: MongoProgram, told: ServerArguments): [string, ...string[]] {
  const own = program.kind === "mongod" ? mongodArguments(told) : secantusdbArguments(told);
  return [...program.command, ...own, ...(told.auth ? ["--auth"] : [])];
}

/** A `mongod` runs alone: it is no replica set, so it has no transactions and no change streams. */
function mongodArguments({ directory, port, testCommands }: ServerArguments): string[] {
  return [
    ...["--bind_ip", "127.0.0.1", "--port", `${port}`, "--dbpath", directory],
    ...["--wiredTigerCacheSizeGB", "0.25"],
    ...(testCommands ? ["--setParameter", "enableTestCommands=1"] : []),
  ];
}

/** SecantusDB says that it is a replica set of one. */
function secantusdbArguments({ directory, port, testCommands }: ServerArguments): string[] {
  return [
    ...["--host", "127.0.0.1", "--port", `${port}`, "--storage-path", directory],
    ...["--cache-size", "256M"],
    ...(testCommands ? ["--enable-test-commands"] : []),
  ];
}
