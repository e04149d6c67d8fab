import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { Kubectl } from "./pool";
import type { AccessRule } from "./rights";

/** A kubeconfig of a service account that may do no more in a namespace than the rules say. */
export async function kubeconfigOf(
  cluster: Kubectl & { readonly folder: string },
  namespace: string,
  rules: readonly AccessRule[],
): Promise<string> {
  const of = `--namespace=${namespace}`;
  await cluster.kubectl("create", "serviceaccount", "deployer", of);
  const metadata = { name: "deployer", namespace };
  await cluster.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    metadata,
    rules,
  });
  const account = `--serviceaccount=${namespace}:deployer`;
  await cluster.kubectl("create", "rolebinding", "deployer", "--role=deployer", account, of);
  const token = await cluster.kubectl("create", "token", "deployer", of);
  const config = parse(await cluster.kubectl("config", "view", "--raw")) as { users: object[] };
  const users = [{ ...config.users[0], user: { token } }];
  const file = join(cluster.folder, `${namespace}.kubeconfig`);
  await writeFile(file, stringify({ ...config, users }));
  return file;
}
