import type { Problem } from "../problems";
import type { Settings } from "../schema";

/**
 * The rules where the stack makes both users (kinds `atlas` and `kubernetes`): nobody else has their
 * connection strings. A Secret of the site's would not follow another password, and the services would
 * be locked out with the old one.
 *
 * In mongo mode alone: a way back needs none of these, and must not be stopped by them.
 */
export function madeUsersRules(settings: Settings): Problem[] {
  const { cluster, storageMode, rollout, jobs } = settings;
  if (storageMode === "filesystem") return [];
  const name = rollout.target === "helm" ? rollout.connectionSecret.name : undefined;
  const allowed = `absent: cluster.kind ${cluster.kind} makes the users, and the Secret for them`;
  return [
    ...(name === undefined
      ? []
      : [{ key: "rollout.connectionSecret.name", found: JSON.stringify(name), allowed }]),
    ...(jobs?.secret
      ? [{ key: "jobs.secret", found: JSON.stringify(jobs.secret.name), allowed }]
      : []),
    ...valuesRules(settings),
  ];
}

/** Values files name a Secret that somebody else fills: MongoDB's operator does. */
function valuesRules({ cluster, rollout, mongo }: Settings): Problem[] {
  // There are no services to lock out.
  if (rollout.target !== "values" || rollout.confirm === "none") return [];
  if (cluster.kind !== "kubernetes") {
    const found =
      "values, with a Secret that nobody can fill: the users' passwords are the stack's";
    return [{ key: "rollout.target", found, allowed: "helm, or another cluster.kind" }];
  }
  const { name, key } = rollout.connectionSecret;
  const operators = `${cluster.resource.name}-admin-${cluster.users.application.name}`;
  const isOperators = name === operators && /^connectionString\.standard(Srv)?$/.test(key);
  const problems: Problem[] = [];
  if (!isOperators) {
    problems.push({
      key: "rollout.connectionSecret",
      found: JSON.stringify({ name, key }),
      allowed: `{ name: ${operators}, key: connectionString.standard }, the operator's own; or target helm`,
    });
  }
  if (mongo.database === undefined) {
    const found = "nothing, and the operator's Secret does not name it";
    problems.push({ key: "mongo.database", found, allowed: "the database's name" });
  }
  return problems;
}
