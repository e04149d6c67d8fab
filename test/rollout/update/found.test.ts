import { expect, it, vi } from "vitest";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests, revisionOf } from "../pods/cluster";
import { drainsOn } from "../pods/drains";

const current = clusterForTests();

const revision = (namespace: string, release: string, status: string) =>
  current.cluster.apply(revisionOf(namespace, release, status));

/** Why a stack's update is refused before its first change; undefined if it is not. */
const refusalOf = async (namespace: string, inputs: object, olds: object = {}) => {
  const asked = drainsOn(current).inputs(namespace, { releases: ["worker", "web"] });
  const { failures } = await providers.ServicesCheck.check(olds, { ...asked, ...inputs });
  return failures?.[0]?.reason;
};

it("releases that exist are not installed by a stack that does not have them", async () => {
  await current.cluster.kubectl("create", "namespace", "exists");
  expect(await refusalOf("exists", { install: true })).toBeUndefined();
  await revision("exists", "web", "deployed");

  expect(await refusalOf("exists", { install: true })).toMatch(
    /release web exists, .*install: false/,
  );
  expect(await refusalOf("exists", { install: true }, { releases: ["web"] })).toBeUndefined();
});

it("releases that do not exist, or were never deployed, are not taken over", async () => {
  await current.cluster.kubectl("create", "namespace", "failed");
  await revision("failed", "worker", "failed");

  expect(await refusalOf("failed", { install: false })).toMatch(/release worker .*only failed\./);
  await revision("failed", "worker", "deployed");
  expect(await refusalOf("failed", { install: false })).toMatch(/web does not exist/);
  await revision("failed", "web", "deployed");
  expect(await refusalOf("failed", { install: false })).toBeUndefined();
});

it("a rollback is warned of what became of a release that the stack has", async () => {
  const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const back = { install: false, direction: "back" };
  await current.cluster.kubectl("create", "namespace", "gone");

  expect(await refusalOf("gone", back, { releases: ["worker", "web"] })).toBeUndefined();
  const warned = /^warning: .*release worker .*\[services-differ\]$/;
  expect(printed).toHaveBeenCalledWith(expect.stringMatching(warned));
  expect(await refusalOf("gone", back)).toContain("worker does not exist");
  printed.mockRestore();
});
