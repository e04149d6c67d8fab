import { describe, expect, it } from "vitest";
import { formatFinding } from "../../../components/text";
import { describeLostValues, otherValues } from "../../../components/rollout/helm/lost-values";
import { noPlan, previewOf, reviewOf } from "../../review/steps";

const ours = [
  { service: "worker", path: "env" },
  { service: "web", path: "web.env" },
] as const;
const chart = { values: { image: { tag: "0" }, replicaCount: 1, env: [] } };
const paths = (config: object, ...applied: object[]) =>
  otherValues({ config, chart }, applied, ours).map(({ path }) => path);

describe("the live values of a release", () => {
  it("are others where CI has set an image that the files do not have", () => {
    const live = {
      config: { image: { tag: "2" }, env: [{ name: "Worker__Storage__Mode", value: "mongo" }] },
      chart,
    };

    expect(otherValues(live, [{ image: { tag: "1" } }], ours)).toEqual([
      { path: "image.tag", before: "2", after: "1" },
    ]);
    expect(otherValues(live, [{}], ours)).toEqual([{ path: "image.tag", before: "2", after: "0" }]);
  });

  it("are the same where only our own keys differ, or a default of the chart is repeated", () => {
    const mode = [{ name: "WORKER__Storage__Mode", value: "mongo" }];
    const database = { TaskRunner__Storage__Mongo__Database: "taskrunner" };
    expect(paths({ env: mode, web: { env: database } }, { env: [], web: { env: {} } })).toEqual([]);
    expect(paths({ replicaCount: 1 }, {})).toEqual([]);
    expect(paths({}, chart.values, { replicaCount: 1 })).toEqual([]);
  });

  it("are others where variables beside ours would be lost or change, each by its name", () => {
    const env = [
      { name: "HTTPS_PROXY", value: "http://proxy" },
      { name: "TZ", value: "UTC" },
      { name: "Worker__Storage__Mode", value: "mongo" },
    ];
    const live = { env, web: { env: { HTTPS_PROXY: "http://proxy" } } };

    expect(paths(live, { env: [{ name: "TZ", value: "CET" }] })).toEqual([
      "env.HTTPS_PROXY",
      "env.TZ",
      "web.env.HTTPS_PROXY",
    ]);
  });

  it("are others where the new chart has other defaults, lists count as a whole", () => {
    expect(paths({}, { ...chart.values, replicaCount: 3 }, {})).toEqual(["replicaCount"]);
    expect(paths({ args: ["a", "b"] }, { args: ["a"] })).toEqual(["args"]);
    expect(paths({ image: { pullPolicy: "Always" } }, {})).toEqual(["image.pullPolicy"]);
  });
});

describe("a warning of them", () => {
  const found = [
    { path: "image.tag", before: "2", after: "1" },
    { path: "smtp.password", before: "hunter2", after: undefined },
  ];

  it("names the keys, and of values only what is no secret", () => {
    const words = describeLostValues("taskrunner-worker", found, "deploy/worker.yaml");

    expect(words).toContain("  image.tag: 2 is live, 1 would be applied\n");
    expect(words).toContain("  smtp.password: would be lost\n");
    expect(words).toContain("Write them into deploy/worker.yaml");
    expect(words).not.toContain("hunter2");
  });

  it("is a risk of its own in a review", () => {
    const urn =
      "urn:pulumi:s::p::taskrunner:storage:WorkerRollout$kubernetes:helm.sh/v3:Release::worker";
    const text = describeLostValues("taskrunner-worker", found);
    const message = formatFinding({ severity: "warn", code: "live-values", text });
    const diagnostics = [{ severity: "warning", urn, message }];
    const { verdict } = reviewOf(previewOf([], { diagnostics }), noPlan);

    expect(verdict).toMatch(/Look into this.* 1 release /);
  });
});
