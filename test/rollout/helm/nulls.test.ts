import { describe, expect, it } from "vitest";
import { refuseNulls } from "../../../components/rollout/helm/checks";

const refusing =
  (...texts: string[]) =>
  () => {
    refuseNulls(texts.map((text, at) => ({ file: `site-${at}.yaml`, text })));
  };

describe("a null in a site's values", () => {
  it("is refused with file and key: a default of the chart would be in force again", () => {
    expect(refusing("replicas: 1\n", "web:\n  replicas: ~\n")).toThrow(
      /site-1\.yaml .*: web\.replicas is null/,
    );
    expect(refusing("affinity:\n")).toThrow("affinity is null");
  });

  it("is not an empty value", () => {
    expect(
      refusing('affinity: {}\nargs: []\nname: ""\nautoscaling: { enabled: false }\n'),
    ).not.toThrow();
  });
});
