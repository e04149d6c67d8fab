import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../../components/rollout/provider";
import type { DrainInputs } from "../../../components/rollout";
import { checkoutForTests } from "../values/checkout";
import { clusterForTests } from "./cluster";
import { inputsWithFiles, own, stack } from "./with-files";

const { Drain, ServicesCheck, ValuesFile, WorkerStopped } = providers;
const current = clusterForTests();
const site = checkoutForTests();

const inputs = (mode?: "mongo" | "filesystem") => {
  return { ...inputsWithFiles(current, site, mode), owner: "project/stack/taskrunner" };
};

beforeAll(() => current.cluster.deploy("apps", { replicas: 0 }));

describe("the right to push, in the check of the services", () => {
  it("is proven by both files, which state nothing yet", async () => {
    await ServicesCheck.create(inputs());

    for (const service of ["worker", "web"]) {
      const text = await site.onRemote("show", `main:${own(service)}`);
      expect(text).toBe(`# taskrunner-storage: values of stack ${stack}\n{}`);
    }
    expect(current.printed.join()).toMatch(/ can be pushed .* main/);
  });

  it("is proven by no up at a closed gate but the first, and by each that opens it", async () => {
    const at = (gate: "closed" | "open") => ({ ...inputs(), gate });
    const outs = (await ServicesCheck.create(at("closed"))).outs as object;
    const here = (await ServicesCheck.check(outs, at("closed"))).inputs as DrainInputs;
    Object.assign(outs, here);
    const isDue = async (gate: "closed" | "open") =>
      (await ServicesCheck.diff("id", outs, { ...here, gate })).changes;
    expect([await isDue("closed"), await isDue("open")]).toEqual([false, true]);
    Object.assign(outs, { gate: "open" });
    expect([await isDue("closed"), await isDue("open")]).toEqual([false, true]);
  });

  it("is proven again by each up before the drain and in the next change, but by none after it", async () => {
    const outs = (await ServicesCheck.create(inputs())).outs as object;
    const isDue = async (to: DrainInputs) => (await ServicesCheck.diff("id", outs, to)).changes;
    const here = (await ServicesCheck.check(outs, inputs())).inputs as DrainInputs;
    expect(await isDue(here)).toBe(true);
    await ServicesCheck.update("id", outs, inputs());
    await current.cluster.deploy("apps", { graceSeconds: 1 });
    await Drain.create(inputs());
    Object.assign(outs, here);
    expect(await isDue(here)).toBe(false);
    await current.cluster.deploy("apps", { mode: "mongo", replicas: 0 });
    expect(await isDue(here)).toBe(false);
    expect(await isDue(inputs("filesystem"))).toBe(true);

    expect(await site.commits()).toBe(5);
    expect(await site.onRemote("diff", "--name-only", "main~2", "main")).toBe("");
    await current.cluster.deploy("apps", { replicas: 0 });
  });

  it("stops the update where the server refuses, and says that the services are as before", async () => {
    await site.refuse("protected branch");
    const failing = ServicesCheck.create(inputs());
    await expect(failing).rejects.toThrow(/protected branch.* Both services /);
    expect(await site.commits()).toBe(1);
  });

  it("stops a rollback too", async () => {
    const outs = (await ServicesCheck.create(inputs())).outs as object;
    await site.git("switch", "--quiet", "--detach", "main");
    const failing = ServicesCheck.update("id", outs, inputs("filesystem"));
    await expect(failing).rejects.toThrow("detached");
  });
});

describe("a site file that somebody changed on the branch since the checkout", () => {
  const push = async (text: string) => {
    const other = join(site.folder, "colleague");
    await site.git("clone", "--quiet", join(site.folder, "site.git"), other);
    await writeFile(join(other, "deploy/worker.yaml"), text);
    await site.git("-C", other, "commit", "--quiet", "--all", "--message=Of a colleague");
    await site.git("-C", other, "push", "--quiet");
    await rm(other, { recursive: true });
  };
  const added = "env: [{ name: SIGNING_KEY_ID, value: k-1 }]\n";

  it("stops a cutover in the check of the services, with nothing pushed", async () => {
    await push(added);
    await expect(ServicesCheck.create(inputs())).rejects.toThrow(
      /worker\.yaml differs .* branch main\. Run git pull/,
    );
    expect(await site.commits()).toBe(2);
    await site.git("pull", "--quiet");
    await ServicesCheck.create(inputs());
  });

  it("is a warning in a rollback", async () => {
    const outs = (await ServicesCheck.create(inputs())).outs as object;
    await push(added);
    await ServicesCheck.update("id", outs, inputs("filesystem"));
    expect(current.printed.join()).toMatch(/\[site-differs\].*worker\.yaml/);
  });

  it("counts behind the drain, where nothing stops", async () => {
    await ServicesCheck.create(inputs());
    const [file] = inputs().files;
    await push(added);
    await ValuesFile.create(file);
    const text = await site.onRemote("show", `main:${own("worker")}`);
    expect(text).toContain("SIGNING_KEY_ID");
    expect(text).toContain("value: mongo");

    await push("env: [\n");
    const [back] = inputs("filesystem").files;
    await ValuesFile.create(back);
    expect(await site.onRemote("log", "-1", "--format=%s", "main")).toMatch(/filesystem mode/);
  });
});

describe("the stack's values files, in the check of the services", () => {
  const failures = async (from: DrainInputs) =>
    ((await ServicesCheck.check({}, from)).failures ?? []).map(({ reason }) => reason).join();

  it("are formed: those of web too, and in a rollback", async () => {
    expect(await failures(inputs())).toBe("");
    const other =
      "# taskrunner-storage: values of stack organization/taskrunner-storage/renamed\n{}\n";
    await writeFile(join(site.checkout, own("web")), other);
    for (const mode of ["mongo", "filesystem"] as const)
      expect(await failures(inputs(mode))).toMatch(/web\.values\.yaml .* not of stack/);
  });

  it("are formed without a cluster, and before a person is asked to stop the worker", async () => {
    await writeFile(join(site.checkout, "deploy/worker.yaml"), "replicas: 1\n");
    const preview = { ...inputs(), kubeconfig: "none.config", isPreview: true } as const;
    expect(await failures(preview)).toMatch(/it has no env,/);
    const { files } = inputs();
    const asked = { direction: "forward", cutover: 1, files } as const;
    const { failures: found } = await WorkerStopped.check({}, asked);
    expect(found?.[0]?.reason).toMatch(/it has no env,/);
  });
});

describe("a values file with rollout.push", () => {
  const written = (changes: object = {}) => {
    const [worker] = inputs().files;
    return { ...worker, direction: "forward" as const, ...changes };
  };

  it("is in the branch", async () => {
    await ServicesCheck.create(inputs());
    await ValuesFile.create(written());

    expect(await site.onRemote("show", `main:${own("worker")}`)).toContain("value: mongo");
    expect(await site.onRemote("log", "-1", "--format=%s", "main")).toBe(
      `Set worker to mongo mode (stack ${stack}) [skip ci]`,
    );
  });

  it("is pushed by the next up if the setting is new", async () => {
    const outs = (await ValuesFile.create(written({ push: undefined }))).outs as object;
    expect(await site.commits()).toBe(1);
    expect((await ValuesFile.diff("worker", outs, written())).changes).toBe(true);
    await ValuesFile.update("worker", outs, written());
    expect(await site.commits()).toBe(2);
  });

  it("that is refused after all leaves its step to the next up", async () => {
    await site.refuse("not now");
    await expect(ValuesFile.create(written())).rejects.toThrow(/not now.* resumes here\.$/);
  });
});
