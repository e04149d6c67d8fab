import { chmod, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { stringify } from "yaml";
import { generateSample } from "../../tools/sample";
import { helm } from "../../tools/parts";
import { makeCluster, type EngineCluster } from "../engine/cluster";
import { type Election, playElection } from "../mongo/election";
import { type BorrowedServer, borrowServer } from "../pool";
import { type Beside, makeCheckout, type Ran, type UserCheckout } from "../user-checkout";
import { blockOf } from "./page";

/** A production environment as the page finds it, on MongoDB: where its blocks run as they stand. */
export interface EmergencySite {
  readonly server: BorrowedServer;
  /** Plays elections before the server. */
  readonly election: Election;
  /** The state directory. */
  readonly state: string;
  /** The directory of the stack's state. */
  readonly backend: string;
  /** Runs a block; what it exports counts in the blocks after it. */
  readonly run: (block: string, beside?: Beside) => Promise<Ran>;
  /** The same for one that has to end with 0; everything it printed. */
  readonly done: (block: string, beside?: Beside) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** One whose services are Helm releases on a control plane. */
export interface ClusterSite extends EmergencySite {
  readonly cluster: EngineCluster;
  /** The kubeconfig that everything uses. */
  readonly kubeconfig: string;
}

/** The page's own name for the stack. */
const stack = "prod";

/** A stack of target `values`, without Kubernetes: the page's commands on it are left out. */
export async function makeFilesSite(): Promise<EmergencySite> {
  const site = await makeGround(await makeCheckout());
  await site.done("mkdir .dev/rollout; cp tools/sample/rollout/* .dev/rollout");
  const rollout = {
    target: "values",
    directory: ".dev/rollout",
    confirm: "none",
    workerStopped: 1,
  };
  await cutOver(site, { rollout }, (block) => block.replaceAll(/^kubectl .*\n/gm, ""));
  return site;
}

/** A stack that took over the two releases of a site's own Helm. */
export async function makeClusterSite(): Promise<ClusterSite> {
  const checkout = await makeCheckout({ kubernetes: true });
  const ground = await makeGround(checkout);
  const cluster = await makeCluster(checkout.folder);
  const own = join(checkout.folder, ".dev");
  const kubeconfig = join(own, "kubeconfig");
  await writeFile(kubeconfig, await readFile(cluster.controlPlane.kubeconfig, "utf8"));
  await chmod(kubeconfig, 0o600);
  await mkdir(join(own, "bin"));
  await symlink(cluster.controlPlane.program, join(own, "bin/kubectl"));
  await symlink(await helm(), join(own, "bin/helm"));
  const { worker, web } = cluster.valuesFiles;
  await ground.done(`
    export PATH="${own}/bin:$PATH" KUBECONFIG="${kubeconfig}"
    helm install taskrunner-worker examples/chart -n taskrunner --create-namespace -f ${worker}
    helm install taskrunner-web examples/chart -n taskrunner -f ${web}`);
  const rollout = { ...cluster.rollout, install: false };
  await cutOver(ground, { kubernetes: { kubeconfig }, rollout }, (block) => block);
  const remove = async () => {
    await cluster.controlPlane.release();
    await ground.remove();
  };
  return { ...ground, cluster, kubeconfig, remove };
}

/** A checkout with state, a server and a shell whose exported variables stay. */
async function makeGround(checkout: UserCheckout): Promise<EmergencySite & { folder: string }> {
  const { folder } = checkout;
  const server = await borrowServer();
  const election = await playElection(server.uri);
  const state = join(folder, ".dev/state");
  await generateSample(state, { runs: 12 });
  const environment = {
    HOME: join(folder, ".dev"),
    PULUMI_SKIP_CONFIRMATIONS: "true",
    TASKRUNNER_MONGO_URI: election.uri.replace("/?", "/taskrunner?"),
  };
  const variables = join(folder, ".dev/variables");
  await writeFile(variables, "");
  const run = (block: string, beside?: Beside) =>
    checkout.run(
      // -a: what a block sets is there in the next one, as in a shell that stays open.
      `set -ae -o pipefail; source ${variables}\n${block}\nexport -p > ${variables}`,
      environment,
      beside,
    );
  const done = async (block: string, beside?: Beside) => {
    const { exitCode, output } = await run(block, beside);
    if (exitCode !== 0) throw new Error(`${block}\nended with ${exitCode}:\n${output}`);
    return output;
  };
  const remove = async () => {
    await election.close();
    await server.release();
    await checkout.remove();
  };
  const backend = join(folder, "../pulumi");
  return { folder, server, election, state, backend, run, done, remove };
}

/** Takes the stack over on files, as a first `up` does, then to MongoDB, and commits its settings. */
async function cutOver(
  site: EmergencySite & { readonly folder: string },
  more: object,
  shown: (block: string) => string,
): Promise<void> {
  const { done, folder, state } = site;
  await done(`pulumi stack init ${stack}`);
  const file = join(folder, `Pulumi.${stack}.yaml`);
  const settings = {
    storageMode: "filesystem",
    mongoUri: `mongodb://127.0.0.1:${site.election.port}/taskrunner?heartbeatFrequencyMS=500`,
    backfill: { source: { path: state } },
    // The default is longer than a test should take.
    advanced: { electionSeconds: 5 },
    ...more,
  };
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`taskrunner-storage:${key}`, value as unknown]),
  );
  const salt = await readFile(file, "utf8");
  await writeFile(file, `${salt}${stringify({ config })}`);
  await done("pulumi up --skip-preview");
  await done(shown(firstBlock(state)));
  await forward(site);
  await done("git add --all; git commit --quiet --message cutover");
}

/** A new cutover, by a worker that was stopped if the program cannot see it. */
export function forward({ done }: EmergencySite): Promise<string> {
  return done(`
    CUTOVER="$(pulumi stack output cutover)"
    pulumi config set cutover "$CUTOVER"
    if grep -q workerStopped Pulumi.${stack}.yaml
    then pulumi config set --path rollout.workerStopped "$CUTOVER"; fi
    pulumi config set storageMode mongo
    pulumi up --skip-preview`);
}

/** The page's own first block, with the state directory of the test. */
function firstBlock(state: string): string {
  const block = blockOf("");
  expect(block).toContain("STATE=/var/lib/taskrunner");
  return block.replace("STATE=/var/lib/taskrunner", `STATE=${state}`);
}

/** The stack's state is gone, as with its bucket. */
export async function loseState({ backend }: EmergencySite): Promise<void> {
  const file = join(backend, `.pulumi/stacks/taskrunner-storage/${stack}.json`);
  await rm(file);
  await rm(`${file}.bak`, { force: true });
}

/** Kills an `up` with everything that it started, once it holds the lock. */
export async function killUp({ done, backend }: EmergencySite): Promise<void> {
  const lock = `find ${backend}/.pulumi/locks -name '*.json' | grep -q .`;
  await done(`
    setsid pulumi up --skip-preview > /dev/null 2>&1 & pid=$!
    until ${lock}; do sleep 0.1; done
    kill -KILL -- -$pid
    ${lock}`);
}
