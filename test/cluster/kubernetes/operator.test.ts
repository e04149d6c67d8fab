import { describe, expect, it } from "vitest";
import { chartOf, operatorValues } from "../../../components/cluster/kubernetes/operator";
import { clusterSettings, plainText } from "./settings";

const settings = (changes: object = {}) => clusterSettings({ ...plainText, ...changes });

describe("the operator's chart", () => {
  it.each([
    [
      "MongoDB's repository",
      {},
      {
        chart: "mongodb-kubernetes",
        repositoryOpts: { repo: "https://mongodb.github.io/helm-charts" },
      },
    ],
    [
      "a registry of the site's",
      { repository: "oci://registry.example.test/charts" },
      { chart: "oci://registry.example.test/charts/mongodb-kubernetes" },
    ],
    [
      "a folder",
      { chart: "./charts/mongodb-kubernetes" },
      { chart: "./charts/mongodb-kubernetes" },
    ],
  ])("comes from %s", (_, operator, chart) => {
    expect(chartOf(settings({ operator }).operator)).toEqual(chart);
  });

  it("has none of our values where the settings name no registry, Secret or domain", () => {
    expect(operatorValues(settings())).toEqual({ registry: {} });
  });

  it("tells the operator another domain of the cluster", () => {
    expect(operatorValues(settings({ clusterDomain: "site.test" }))).toMatchObject({
      customEnvVars: "CLUSTER_DOMAIN=site.test",
    });
  });
});
