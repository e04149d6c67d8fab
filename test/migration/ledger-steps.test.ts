import { expect, it } from "vitest";
import { addCutover } from "../../components/ledger";
import { claim } from "../../components/migration/record";
import { providers } from "../../components/migration/provider";
import { writeCutoverRecord } from "../../components/state";
import { freePort } from "../../tools/parts";
import { clusterForTests } from "../rollout/pods/cluster";
import { endPatience, troubledApi } from "../rollout/pods/troubled-api";
import { claimInputs, claimsPerTest, ledger } from "./claims";

const cluster = clusterForTests();
const current = claimsPerTest();
const { LedgerClaim } = providers;
const at = "2026-11-25T10:00:00.123Z";

/** A stack that lost its state, while its services work on MongoDB. */
async function losesState(namespace: string, kubeconfig: string) {
  await writeCutoverRecord(current.root, { at, unfinishedCount: 1, cutover: 1 });
  const db = current.client.db(current.database);
  await claim(db, ledger, { checksum: "a", stack: "storage/dev", adopt: false });
  await addCutover(db, ledger, { at: new Date(at), stack: "storage/dev" });
  const worker = { kubeconfig, namespace, release: "worker", variable: "Worker__Storage__Mode" };
  return claimInputs(current, current.server.uri, { inForce: 1, worker });
}

it("takes services over whose cluster answers late, and imports nothing", async () => {
  await cluster.cluster.deploy("late", { mode: "mongo" });
  const api = await troubledApi(cluster.cluster, (_, url) =>
    url.includes("/deployments?") ? { delayMs: 5_500 } : undefined,
  );
  const news = await losesState("late", api.kubeconfig);
  const checked = await LedgerClaim.check({}, news);
  expect(checked.failures).toEqual([]);
  const claimed = await LedgerClaim.create(checked.inputs as object);
  expect(claimed.outs).toMatchObject({ takenOver: at });
  api.stop();
}, 30_000);

it("claims nothing while the cluster does not answer, as Jobs neither", async () => {
  const kubeconfig = await cluster.cluster.kubeconfigAt(await freePort());
  const news = await losesState("away", kubeconfig);
  expect((await LedgerClaim.check({}, { ...news, isPreview: true })).failures).toEqual([]);
  for (const more of [{}, { job: { image: "commands" } }]) {
    endPatience();
    const { failures } = await LedgerClaim.check({}, { ...news, ...more });
    expect(failures?.[0]?.reason).toMatch(/is unreachable.*\[cluster-not-checked\]$/);
  }
});
