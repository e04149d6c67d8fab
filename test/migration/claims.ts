import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, vi } from "vitest";
import { closeConnections } from "../../components/mongo";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";

/** The ledger's collection. */
export const ledger = "schema_migrations";

/** For each test a new database and a state directory of its name, and what is said meanwhile. */
export function claimsPerTest() {
  const printed: string[] = [];
  const current = Object.assign(serverForTests(), { database: "", root: "", printed });
  let databases = 0;
  beforeEach(async () => {
    current.database = `place_${++databases}`;
    current.root = join(current.folder, current.database);
    await mkdir(current.root);
    printed.length = 0;
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => closeConnections());
  return current;
}

/** The inputs of the claim of stack `storage/dev`, with others. */
export const claimInputs = (
  { database, root }: Readonly<Record<"database" | "root", string>>,
  uri: string | undefined,
  fields: object,
) => ({
  uri,
  database,
  ledger,
  schema: documentOptions,
  onDataIssue: "fail",
  checksum: "a",
  stack: "storage/dev",
  adopt: false,
  root,
  direction: "forward",
  cutover: 1,
  ...fields,
});
