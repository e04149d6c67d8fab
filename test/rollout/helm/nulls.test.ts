import { describe, expect, it } from "vitest";
import { refuseLostNulls } from "../../../components/rollout/helm/checks";

const site = (text: string) => [{ file: "site.yaml", text }];
const ofSubchart = { file: "charts/worker/values.yaml", text: "worker: { replicas: 2 }\n" };
const ofChart = {
  file: "values.yaml",
  text: "replicas: 1\nautoscaling: { enabled: false }\nweb: { replicas: 2 }\naffinity: {}\nport:\n",
};

describe("a null in a site's values", () => {
  it("is refused where the chart has a default, which would be in force again", () => {
    expect(() => {
      refuseLostNulls({ defaults: [ofSubchart, ofChart], ofSite: site("web:\n  replicas: ~\n") });
    }).toThrow(/site\.yaml .*: web\.replicas is null, but Pulumi's Helm release drops nulls/);
  });

  it("is refused where a subchart of it has one", () => {
    expect(() => {
      refuseLostNulls({
        defaults: [ofSubchart, ofChart],
        ofSite: site("worker:\n  replicas: ~\n"),
      });
    }).toThrow("worker.replicas is null");
  });

  it("is refused for a chart whose defaults cannot be read", () => {
    expect(() => {
      refuseLostNulls({ ofSite: site("affinity:\n") });
    }).toThrow("affinity is null");
  });

  it("is let be where the chart has none, or an empty one", () => {
    const text = "affinity:\nport:\nother:\nautoscaling: { enabled: ~ }\n";
    expect(() => {
      refuseLostNulls({ defaults: [ofSubchart, ofChart], ofSite: site(text) });
    }).not.toThrow();
    expect(() => {
      refuseLostNulls({ defaults: [ofSubchart, ofChart], ofSite: site("") });
    }).not.toThrow();
  });
});
