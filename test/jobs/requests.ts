import { version } from "../../package.json";
import { defaultFolders } from "../../components/contract";
import { stateRoot, type JobRequest } from "../../components/step/jobs";
import { documentOptions } from "../contract/options";

const request = (inputs: object) =>
  JSON.stringify({ version, inputs: { direction: "forward", cutover: 1, ...inputs } });

/** The whole migration, with names of a site's own. */
export function migrationRequest(collections: { runs?: string } = {}): JobRequest {
  const schema = {
    ...documentOptions,
    collections: { ...documentOptions.collections, ...collections },
  };
  const volume = { checksum: "", stack: "test/jobs", adopt: false };
  const inputs = { ledger: "schema_migrations", onDataIssue: "fail", schema, ...volume };
  return { kind: "ledger-claim", direction: "forward", request: request(inputs) };
}

const sides = {
  root: stateRoot,
  ledger: "schema_migrations",
  collections: documentOptions.collections,
  folders: defaultFolders,
  approvals: true,
};

/** The import before the drain. */
export const bulkPassRequest: JobRequest = {
  kind: "bulk-pass",
  direction: "forward",
  state: "write",
  request: request(sides),
};

/** The verification of the state. */
export const verificationRequest: JobRequest = {
  kind: "verification",
  direction: "forward",
  state: "read",
  request: request(sides),
};
