/** What the variables of a service say in Mongo mode, as the tests ask for it. */
export const serviceNames = {
  database: "taskrunner",
  collections: {
    runs: "pack_runs",
    logs: "pack_run_logs",
    artifacts: "pack_artifacts",
    approvals: "pack_run_approvals",
  },
  connectionSecret: { name: "taskrunner-mongo", key: "connectionString" },
};
