/** The codes of all findings, each with its meaning; docs/codes.md says what to do. */
export const codes = [
  "argo-not-automated", // Argo CD does not sync the application by itself.
  "argo-not-checked", // The application cannot be read, or does not use Helm.
  "argo-sets-replicas", // Argo CD would scale the drained worker up again.
  "argo-undeployed", // Argo CD would not deploy the stack's values file.
  "bookkeeping-lost", // The cutover's checkpoints and merge bases were lost.
  "canary-connection", // The server does not show whether the canary reached it.
  "canary-left-out", // The settings leave no canary.
  "canary-not-shown", // Nothing shows whether web works on MongoDB.
  "cluster-not-checked", // The cluster does not answer, or lacks a right.
  "conflicts", // Records changed on both sides.
  "cronjobs", // A CronJob may execute runs beside the drained worker.
  "cronjobs-not-read", // CronJobs may not be listed.
  "data-issue", // Documents block a unique index or break a validator.
  "data-not-checked", // The search for blocking documents reached a limit.
  "data-not-compared", // A preview could not read MongoDB.
  "decided-late", // An approval was decided on files after the handover.
  "executor-missed", // The drain would not stop all that executes runs.
  "disk-space", // Less is free than the state takes.
  "export-left", // Nothing was exported before the drain.
  "cutover-not-read", // Only a Job can compare the worker with cutover.json.
  "final-pass-left", // The last import or export waits until worker and web are deployed.
  "forms-differ", // The services write other forms than the import.
  "gate-closed", // The worker's drain waits for rollout.drain.
  "grace-period", // The worker's pods may end later than the drain waits.
  "held-runs-unknown", // MongoDB does not have some of the held runs.
  "helm-pending", // A Helm operation on a release is still pending.
  "image-elsewhere", // Another pod or CronJob has the worker's image.
  "index-refused", // MongoDB refuses an index that a service creates.
  "jobs-held", // Jobs are held without a held run.
  "jobs-not-held", // Files of held runs could not be moved.
  "jobs-not-taken", // The worker has taken none of the jobs that waited.
  "jobs-returned", // Held jobs are back in the queue, and neither side has their runs.
  "live-values", // The live release has values that the files lack.
  "mode-changed", // A service was changed to the other mode by hand.
  "modes-differ", // Worker and web use different stores.
  "mongo-unreachable", // MongoDB does not answer, or refused a user.
  "no-cutover", // A service works on MongoDB, and the stack knows of no cutover.
  "no-export", // A rollback without `backfill` exports nothing.
  "not-exported", // MongoDB was unreachable in a rollback.
  "not-recorded", // An export could not record what is equal on both sides.
  "not-refreshed", // A refresh could not read a resource in MongoDB.
  "not-state", // Names in the state directory that are not state.
  "not-written", // Documents that no file can hold.
  "older-copy", // The state directory or MongoDB is an older copy.
  "other-cluster", // The kubeconfig leads to another cluster than the recorded one.
  "other-cutover", // The settings name another cutover than the one in force.
  "other-database", // The services work on another database.
  "other-stack", // The replica set belongs to another stack.
  "owned", // Argo CD or Flux deploys the release.
  "planned", // A step will run in `pulumi up`.
  "privileges-missing", // A user of MongoDB lacks privileges.
  "removed-unfinished", // Removed runs are unfinished on the other side.
  "rollback-refused", // The rollback would stop.
  "runs-held", // Unfinished runs are held.
  "runs-not-equal", // Runs are unfinished in MongoDB and not on disk.
  "runs-not-moved", // Another file has the path of a held run.
  "scaled-to-zero", // The worker was scaled to 0 after its rollout.
  "server-arbiter", // The replica set has an arbiter.
  "server-product", // The server is not MongoDB.
  "server-standalone", // The server is not a replica set.
  "server-version", // The server is too old.
  "service-stays", // A service stays in its mode.
  "services-differ", // The settings and the releases on the cluster differ.
  "services-found", // What the services work on.
  "settings-invalid", // Settings are not valid.
  "shard-key", // A shard key prevents a unique index.
  "shard-keys-unknown", // The shard keys cannot be read.
  "site-differs", // A values file is not as on the branch.
  "size-ignored", // Atlas chooses the cluster's size.
  "state-unfit", // The state directory is wrong, or cannot be written.
  "still-drained", // The worker waits at zero for the handover.
  "stop-worker", // The worker has to be stopped by hand.
  "taken-over", // The stack takes over services on MongoDB.
  "tool-unfit", // Pulumi or a plugin is missing or too old.
  "user-not-checked", // The user of appMongoUri could not be tried.
  "values-unfit", // A values file cannot be used or written.
  "values-written", // The stack's values file is written again.
  "verification", // The last verification did not hold.
  "web-absent", // Web is not on the cluster, or is an Argo Rollout.
  "web-held", // Web cannot change over, or cannot wait for the worker.
  "web-resumed", // Web was resumed before the worker arrived.
  "worker-absent", // The worker is not on the cluster.
  "worker-left", // A removed stack leaves a drained worker.
  "would-hold", // A rollback would hold unfinished runs.
  "would-not-export", // A rollback would export nothing.
] as const;

/** A stable kind of finding, for scripts, the review and the docs. */
export type Code = (typeof codes)[number];
