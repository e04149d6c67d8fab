import type { SchemaOptions } from "../../components/contract";

/** The options that the settings' defaults give. */
export const documentOptions: SchemaOptions = {
  collections: {
    runs: "pack_runs",
    logs: "pack_run_logs",
    artifacts: "pack_artifacts",
    approvals: "pack_run_approvals",
  },
  validation: { enabled: true, level: "strict", action: "error" },
  approvals: true,
  tenancy: "reserved",
};
