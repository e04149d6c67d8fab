import { version } from "../../package.json";
import { stateRoot, type JobRequest } from "../../components/step/jobs";
import { documentOptions } from "../contract/options";

const request = (inputs: object, pods = 1) =>
  JSON.stringify({ version, pods, inputs: { direction: "forward", cutover: 1, ...inputs } });

/** The whole migration, with names of a site's own. */
export function migrationRequest(collections: { runs?: string } = {}): JobRequest {
  const schema = {
    ...documentOptions,
    collections: { ...documentOptions.collections, ...collections },
  };
  const claim = { checksum: "", stack: "test/jobs", adopt: false };
  const inputs = { ledger: "schema_migrations", onDataIssue: "fail", schema, ...claim };
  return { kind: "ledger-claim", direction: "forward", request: request(inputs) };
}

const sides = {
  root: stateRoot,
  ledger: "schema_migrations",
  collections: documentOptions.collections,
  approvals: true,
};

/** The import before the drain, by so many pods. */
export function bulkPassRequest(pods: number): JobRequest {
  const asked = { kind: "bulk-pass", direction: "forward" } as const;
  return { ...asked, state: "write", pods, request: request(sides, pods) };
}

/** The verification of the state. */
export const verificationRequest: JobRequest = {
  kind: "verification",
  direction: "forward",
  state: "read",
  request: request(sides),
};
