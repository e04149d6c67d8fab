import { expect, test } from "vitest";
import { readRepositoryFile } from "../../../tools/parts/repository";
import { atLeast, versions } from "../../../tools/parts/versions";

test("versions are compared number by number", () => {
  expect(atLeast("v3.200.0", "3.200.0")).toBe(true);
  expect(atLeast("3.1000.0", "3.200.0")).toBe(true);
  expect(atLeast("3.9.9", "3.200.0")).toBe(false);
  expect(atLeast("8.0", "6.0.0")).toBe(true);
  expect(atLeast("5.0.31", "6.0.0")).toBe(false);
  expect(atLeast("3.11.7", "3.11")).toBe(true);
  expect(atLeast("3.11.0rc1", "3.11")).toBe(true);
});

test("what is said to be built is what the modules and requirements pin", async () => {
  const cli = await readRepositoryFile("tools", "go", "pulumi", "go.mod");
  expect(cli).toContain(`github.com/pulumi/pulumi/pkg/v3 ${versions.pulumi}`);
  const host = await readRepositoryFile("tools", "go", "pulumi-language-nodejs", "go.mod");
  expect(host).toContain(`github.com/pulumi/pulumi/sdk/v3 ${versions.languageHost}`);
  const control = await readRepositoryFile("tools", "go", "control-plane", "go.mod");
  expect(control).toContain(`k8s.io/kubernetes ${versions.kubernetes}`);
  expect(control).toContain(`go.etcd.io/etcd/server/v3 ${versions.etcd}`);
  expect(control).toContain(`sigs.k8s.io/kwok ${versions.kwok}`);
  const node = await readRepositoryFile("tools", "go", "node", "go.mod");
  expect(node).toContain(`github.com/containerd/containerd/v2 ${versions.containerd} `);
  expect(node).toContain(`github.com/containernetworking/plugins ${versions.cni} `);
  expect(node).toContain(`github.com/opencontainers/runc ${versions.runc} `);
  const helm = await readRepositoryFile("tools", "go", "helm", "go.mod");
  expect(helm).toContain(`helm.sh/helm/v3 ${versions.helm}`);
  const keda = await readRepositoryFile("tools", "go", "keda", "go.mod");
  expect(keda).toContain(`github.com/kedacore/keda/v2 ${versions.keda} `);
  const router = await readRepositoryFile("tools", "go", "kube-router", "go.mod");
  expect(router).toContain(`github.com/cloudnativelabs/kube-router/v2 ${versions.kubeRouter} `);
  const actionlint = await readRepositoryFile("tools", "go", "actionlint", "go.mod");
  expect(actionlint).toContain(`github.com/rhysd/actionlint ${versions.actionlint}`);
  const act = await readRepositoryFile("tools", "go", "act", "go.mod");
  expect(act).toContain(`github.com/nektos/act ${versions.act} `);
  const gitea = await readRepositoryFile("tools", "go", "gitea", "go.mod");
  expect(gitea).toContain(`code.gitea.io/gitea ${versions.gitea} `);
  const provider = await readRepositoryFile("tools", "go", "pulumi-resource-kubernetes", "go.mod");
  expect(provider).toContain(`-${versions.kubernetesPluginCommit}\n`);
  const plugin = await readRepositoryFile("package.json");
  expect(plugin).toContain(`"@pulumi/kubernetes": "${versions.kubernetesPlugin.slice(1)}"`);
  const python = await readRepositoryFile("tools", "python", "requirements.txt");
  expect(python).toContain(`SecantusDB==${versions.secantusdb}`);
});

test("every Python package is pinned to one version", async () => {
  const lines = (await readRepositoryFile("tools", "python", "requirements.txt")).split("\n");
  const packages = lines.filter((line) => line !== "" && !line.startsWith("#"));
  expect(packages.length).toBeGreaterThan(1);
  for (const line of packages) expect(line).toMatch(/^[A-Za-z0-9-]+==[0-9][0-9a-z.]*$/);
});
