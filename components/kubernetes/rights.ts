import type { Cluster } from "./client";
import { describeApiLocation, kinds, type Request } from "./request";

/** The rights in the services' namespace that docs/security.md asks for. */
export const servicesRights: readonly Request[] = [
  { verb: "list", kind: "Deployment" },
  { verb: "patch", kind: "Deployment" },
  { verb: "list", kind: "ReplicaSet" },
  { verb: "list", kind: "StatefulSet" },
  { verb: "patch", kind: "StatefulSet" },
  { verb: "list", kind: "Pod" },
  { verb: "list", kind: "Secret" },
  { verb: "list", kind: "CronJob" },
  { verb: "get", kind: "Namespace" },
];

/** Which of these rights the account lacks; undefined if it has all. @throws ClusterError */
export async function findMissingRights(
  { location, may }: Cluster,
  rights: readonly Request[],
): Promise<string | undefined> {
  const answers = await Promise.all(rights.map(may));
  const missing = rights.filter((_, at) => answers[at] === false);
  if (missing.length === 0) return undefined;
  const words = missing.map(({ verb, kind }) => `${verb} ${kinds[kind][1]}`).join(", ");
  return (
    `In ${describeApiLocation(location)} this account lacks the rights ${words}. Grant them ` +
    '(docs/security.md, "Kubernetes rights").'
  );
}
