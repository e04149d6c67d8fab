import { describe, expect, it } from "vitest";
import { serviceEnvironment } from "../../../components/rollout";
import { environmentOnTop, refuseUnknownList } from "../../../components/rollout/helm/values";

const names = {
  database: "taskrunner",
  collections: {
    runs: "pack_runs",
    logs: "pack_run_logs",
    artifacts: "pack_artifacts",
    approvals: "pack_run_approvals",
  },
  connectionSecret: { name: "mongo", key: "uri" },
};
const onMongo = serviceEnvironment("worker", "mongo", names);
const onFiles = serviceEnvironment("worker", "filesystem", names);
const list = { path: "env", form: "list" } as const;
const map = { path: "worker.env", form: "map" } as const;

const site = {
  file: "site.yaml",
  text: [
    "env:",
    "  - name: Worker__Storage__Mode",
    "    value: filesystem",
    "  - name: TZ",
    "    value: UTC",
  ].join("\n"),
};

describe("a list of which the chart may have its own", () => {
  const bare = { file: "site.yaml", text: "replicas: 2\n" };
  const refusing =
    (ofSite: { file: string; text: string }[], form: "list" | "map" = "list", defaults?: []) =>
    () => {
      refuseUnknownList({ ofSite, ...(defaults && { defaults }) }, "oci://x/c", {
        path: "env",
        form,
      });
    };

  it("is refused where the chart is elsewhere and no file of the site's has it", () => {
    expect(refusing([site, bare].slice(1))).toThrow(
      /site\.yaml .*: it has no list env, and .* that chart oci:\/\/x\/c may have\. Repeat .* \(\[\]\) where/,
    );
    expect(refusing([])).toThrow("it has no list env");
  });

  it("is known where a file has it, an empty one too, and where the chart can be read", () => {
    expect(refusing([site, bare])).not.toThrow();
    expect(refusing([{ file: "site.yaml", text: "env: []" }])).not.toThrow();
    expect(refusing([bare], "list", [])).not.toThrow();
    expect(refusing([bare], "map")).not.toThrow();
  });
});

describe("the environment on top of a site's values", () => {
  it("keeps a list's other variables, and puts ours in the place of those of their names", () => {
    const environment = environmentOnTop([site], list, onMongo) as { name: string }[];

    expect(environment.slice(0, 3)).toEqual([
      { name: "Worker__Storage__Mode", value: "mongo" },
      { name: "TZ", value: "UTC" },
      {
        name: "Worker__Storage__Mongo__ConnectionString",
        valueFrom: { secretKeyRef: { name: "mongo", key: "uri" } },
      },
    ]);
    expect(environment).toHaveLength(8);
  });

  it("is the site's own list again on files", () => {
    expect(environmentOnTop([site], list, onFiles)).toEqual([
      { name: "Worker__Storage__Mode", value: "filesystem" },
      { name: "TZ", value: "UTC" },
    ]);
  });

  it("states the mode on files where the site does not", () => {
    const bare = { file: "site.yaml", text: "env:\n  - name: TZ\n    value: UTC\n" };

    expect(environmentOnTop([bare], list, onFiles)).toEqual([
      { name: "TZ", value: "UTC" },
      { name: "Worker__Storage__Mode", value: "filesystem" },
    ]);
  });

  it("takes the list of the last file that has one, as Helm does", () => {
    const chart = { file: "chart/values.yaml", text: "env: [{ name: A, value: a }]" };
    const last = { file: "last.yaml", text: "replicaCount: 2" };

    expect(environmentOnTop([chart, site, last], list, onFiles)).toContainEqual({
      name: "TZ",
      value: "UTC",
    });
    expect(environmentOnTop([chart, last], list, onFiles)).toContainEqual({
      name: "A",
      value: "a",
    });
  });

  it("finds a name of ours in any case, because .NET reads it so", () => {
    const lower = { file: "site.yaml", text: "env: [{ name: WORKER__STORAGE__MODE, value: x }]" };

    expect(environmentOnTop([lower], list, onFiles)).toEqual([
      { name: "Worker__Storage__Mode", value: "filesystem" },
    ]);
  });

  it("states our variables alone in a map, which Helm merges", () => {
    const mapped = { file: "site.yaml", text: "worker:\n  env:\n    TZ: UTC\n" };

    expect(environmentOnTop([mapped], map, onFiles)).toEqual({
      Worker__Storage__Mode: "filesystem",
    });
  });

  it("has the names of a map's keys in the letters of each file that has them", () => {
    const chart = { file: "chart/values.yaml", text: "worker: { env: { TZ: UTC } }" };
    const upper = {
      file: "site.yaml",
      text: "worker: { env: { WORKER__STORAGE__MODE: filesystem } }",
    };
    const last = { file: "last.yaml", text: "worker: { env: { worker__storage__mode: mongo } }" };

    expect(environmentOnTop([chart, upper, last], map, onFiles)).toEqual({
      WORKER__STORAGE__MODE: "filesystem",
      worker__storage__mode: "filesystem",
    });
    const environment = environmentOnTop([chart, upper], map, onMongo) as object;
    expect(Object.keys(environment).slice(0, 2)).toEqual([
      "WORKER__STORAGE__MODE",
      "Worker__Storage__Mongo__ConnectionString",
    ]);
    expect(environment).toMatchObject({ WORKER__STORAGE__MODE: "mongo" });
  });

  it("refuses a list where a map is expected, and quotes nothing of the file", () => {
    const wrong = { file: "site.yaml", text: "worker: { env: [{ name: P, value: s3cret }] }" };

    expect(() => environmentOnTop([wrong], map, onMongo)).toThrow(
      "The values file site.yaml cannot be used for its Helm release: worker.env is no map.",
    );
    expect(() => environmentOnTop([wrong], map, onMongo)).not.toThrow(/s3cret/);
  });

  it("refuses a file that is no YAML, and quotes nothing of it", () => {
    const broken = { file: "site.yaml", text: 'password: "s3cret\nenv: [' };

    expect(() => environmentOnTop([broken], list, onMongo)).toThrow("it is no valid YAML");
    expect(() => environmentOnTop([broken], list, onMongo)).not.toThrow(/s3cret/);
  });
});
