import type { Db } from "mongodb";

/** What a server says of itself. */
export interface ServerFacts {
  /** Such as `8.0.4`. */
  readonly version: string;
  /** Whether it is neither a member of a replica set nor the router of a sharded cluster. */
  readonly standalone: boolean;
}

/** Asks a server about itself; no privilege is needed for it. */
export async function serverFacts(database: Db): Promise<ServerFacts> {
  const [hello, build] = await Promise.all([
    database.command({ hello: 1 }),
    database.command({ buildInfo: 1 }),
  ]);
  return {
    version: String(build.version),
    standalone: hello.setName === undefined && hello.msg !== "isdbgrid",
  };
}
