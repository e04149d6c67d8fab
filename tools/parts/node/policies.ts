import { readdir, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { goBuild, goSource } from "../go";
import { choose } from "../sources";
import { versions } from "../versions";
import { unpackFromDebian } from "./debian";

/** What enforces network policies on a real node. */
export interface PolicyPrograms {
  readonly router: string;
  /** Its variables: it runs `iptables` and `ipset`, which are beside it. */
  readonly environment: Readonly<Record<string, string>>;
}

const module = "kube-router";

/** What it runs, and their libraries. */
const debianPackages = [
  "iptables",
  "libxtables12",
  "libip4tc2",
  "libip6tc2",
  "libnftnl11",
  "libmnl0",
  "libnetfilter-conntrack3",
  "libnfnetlink0",
  "ipset",
  "libipset13",
];

/** iptables is one program of many names. */
const names = ["", "-save", "-restore"].flatMap((end) => [`iptables${end}`, `ip6tables${end}`]);

/**
 * kube-router, built from its pinned Go module, and Debian's iptables and ipset, in the user's cache folder: a node's own
 * network plugin enforces no policies.
 *
 * @throws PartError if they cannot be built or downloaded
 */
export async function policyPrograms(): Promise<PolicyPrograms> {
  const { kubeRouter } = versions;
  const source = await goSource({
    name: module,
    version: kubeRouter,
    time: "1 to 4 min",
    modules: [module],
    madeFrom: [kubeRouter, ...debianPackages],
    async fill(aside) {
      const packages = ["github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"];
      await goBuild({ module, title: `${module} ${kubeRouter}`, packages, stamps: [] }, aside);
      await unpackFromDebian(aside, debianPackages);
      const [machine = ""] = await readdir(join(aside, "usr/lib"));
      await rename(join(aside, "usr/lib", machine), join(aside, "lib"));
      for (const name of names) await symlink("xtables-nft-multi", join(aside, "usr/sbin", name));
    },
    partIn: (folder): PolicyPrograms => ({
      router: join(folder, module),
      environment: {
        PATH: [join(folder, "usr/sbin"), process.env.PATH].join(":"),
        LD_LIBRARY_PATH: join(folder, "lib"),
        XTABLES_LIBDIR: join(folder, "lib/xtables"),
      },
    }),
  });
  const notOnPath = () => Promise.resolve({ missing: "the pinned version is built" });
  return choose(module, notOnPath, [source], "Install Go (https://go.dev/dl/), and run this again");
}
