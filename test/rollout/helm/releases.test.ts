import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readReleases } from "../../../components/rollout/helm/chart";
import { parseSettings } from "../../../components/settings";

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "values-"));
  file = join(folder, "site.yaml");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** The releases of settings, of which none is registered yet. */
const releases =
  (
    rollout: { target?: string; worker?: object; web?: object },
    direction: "forward" | "back" = "forward",
  ) =>
  () => {
    const chart = "examples/chart";
    const [worker, web] = [rollout.worker, rollout.web].map((service) => ({ chart, ...service }));
    const own = rollout.target === undefined && { target: "helm", worker, web };
    const onCluster = { namespace: "apps", install: true, ...rollout, ...own };
    const settings = parseSettings({
      storageMode: "mongo",
      mongoUri: "mongodb://127.0.0.1/x",
      rollout: onCluster,
    });
    if (settings.rollout.target === "values") throw new Error("no releases");
    return readReleases(settings.rollout, direction);
  };

it("are refused with values that would show a password, before anything is registered", () => {
  writeFileSync(file, "other: amqp://u:pw1@queue\n");

  expect(releases({ web: { values: [file] } })).toThrow(/site\.yaml .*: other has a password /);
});

it("are warned of on a rollback, which nothing of it stops", () => {
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  writeFileSync(file, "other: amqp://u:pw1@queue\n");

  expect(releases({ web: { values: [file] } }, "back")).not.toThrow();
  const found = /site\.yaml .*: other has a password .*\[values-unfit\]$/;
  expect(warn).toHaveBeenCalledWith(expect.stringMatching(found), undefined);
  warn.mockRestore();
});

it("are refused with values that would not come to Helm", () => {
  writeFileSync(file, "podSecurityContext:\n");
  expect(releases({ worker: { values: [file] } })).toThrow("podSecurityContext is null");
});

it("are warned of a null on a rollback", () => {
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  writeFileSync(file, "podSecurityContext:\n");

  expect(releases({ worker: { values: [file] } }, "back")).not.toThrow();
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining("podSecurityContext is null"),
    undefined,
  );
  warn.mockRestore();
});

it("are refused where a list of a chart that is elsewhere would be lost", () => {
  writeFileSync(file, "worker: { env: [] }\n");
  const chart = { chart: "oci://charts/stella", version: "1.0.0", values: [file] };
  const services = { worker: { selector: "app=worker" }, web: { selector: "app=web" } };
  const both = { target: "umbrella", release: "stella", ...chart, ...services };

  expect(releases(both)).toThrow("it has no web.env");
  writeFileSync(file, "worker: { env: [] }\nweb: { env: {} }\n");
  expect(releases(both)).not.toThrow();
});
