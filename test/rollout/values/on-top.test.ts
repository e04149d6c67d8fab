import { describe, expect, it } from "vitest";
import { serviceEnvironment } from "../../../components/rollout";
import { environmentOnTop, refuseOtherList } from "../../../components/rollout/values/variables";
import { serviceNames as usual } from "../names";

const names = { ...usual, connectionSecret: { name: "mongo", key: "uri" } };
const onMongo = serviceEnvironment("worker", "forward", names);
const onFiles = serviceEnvironment("worker", "back", names);
const env = { path: "env", service: "worker" } as const;
const workerEnv = { path: "worker.env", service: "worker" } as const;

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

describe("a path at which the chart may have a list of its own", () => {
  const bare = { file: "site.yaml", text: "replicas: 2\n" };
  const refusing = (ofSite: { file: string; text: string }[], defaults?: typeof site) => () => {
    refuseOtherList([...(defaults ? [defaults] : []), ...ofSite], "chart oci://x/c", env);
  };

  it("is refused if no file has it", () => {
    expect(refusing([bare])).toThrow(/site\.yaml .* no env, .* chart oci:\/\/x\/c/);
    expect(refusing([])).toThrow(/no env,/);
    expect(refusing([], bare)).toThrow(/no env,/);
  });

  it("is known if a file has it, the chart's too, and an empty list or map", () => {
    expect(refusing([site, bare])).not.toThrow();
    expect(refusing([{ file: "site.yaml", text: "env: []" }])).not.toThrow();
    expect(refusing([{ file: "site.yaml", text: "env: {}" }])).not.toThrow();
    expect(refusing([bare], site)).not.toThrow();
  });

  it("is refused with the storage of the other service alone, as in swapped files", () => {
    const ofWeb = { file: "web.yaml", text: "env: { taskrunner__storage__mode: filesystem }" };
    expect(refusing([ofWeb])).toThrow(/web\.yaml .* named for worker, .*taskrunner__storage__mode/);
    expect(refusing([ofWeb, site])).not.toThrow();
  });
});

describe("the environment on top of a site's values", () => {
  it("states the mode on files where the site does not", () => {
    const bare = { file: "site.yaml", text: "env:\n  - name: TZ\n    value: UTC\n" };

    expect(environmentOnTop([bare], env, onFiles)).toEqual([
      { name: "TZ", value: "UTC" },
      { name: "Worker__Storage__Mode", value: "filesystem" },
    ]);
  });

  it("has the values of a site's own list as Helm reads them: YAML 1.1, with merges", () => {
    const text = [
      "common: &common { env: [] }",
      "worker:",
      "  <<: *common",
      "env:",
      "  - { name: MASK, value: 0022 }",
      "  - { name: DEBUG, value: yes }",
      "  - { name: AT, value: 22:30 }",
      "  - { name: DAY, value: 2026-01-01 }",
      '  - { name: QUOTED, value: "yes" }',
    ];
    const old = { file: "site.yaml", text: text.join("\n") };

    const environment = environmentOnTop([old], env, onFiles) as { value: unknown }[];
    expect(environment.slice(0, 5).map(({ value }) => value)).toEqual([
      18,
      true,
      "22:30",
      "2026-01-01",
      "yes",
    ]);
    expect(environmentOnTop([old], workerEnv, onFiles)).toHaveLength(1);
    expect(refuseOtherList.bind(undefined, [old], "oci://x/c", workerEnv)).not.toThrow();
  });

  it("has the names of a map's keys in the letters of each file that has them", () => {
    const chart = { file: "chart/values.yaml", text: "worker: { env: { TZ: UTC } }" };
    const upper = {
      file: "site.yaml",
      text: "worker: { env: { WORKER__STORAGE__MODE: filesystem } }",
    };
    const last = { file: "last.yaml", text: "worker: { env: { worker__storage__mode: mongo } }" };

    expect(environmentOnTop([chart, upper, last], workerEnv, onFiles)).toEqual({
      WORKER__STORAGE__MODE: "filesystem",
      worker__storage__mode: "filesystem",
    });
    const environment = environmentOnTop([chart, upper], workerEnv, onMongo) as object;
    expect(Object.keys(environment).slice(0, 2)).toEqual([
      "WORKER__STORAGE__MODE",
      "Worker__Storage__Mongo__ConnectionString",
    ]);
    expect(environment).toMatchObject({ WORKER__STORAGE__MODE: "mongo" });
  });

  it("is a map if the last file that has the path says so, and a list if none has it", () => {
    const chart = { file: "chart/values.yaml", text: "env: []" };
    const mapped = { file: "site.yaml", text: "env: {}" };
    const bare = { file: "last.yaml", text: "env:\nreplicas: 2" };
    const ours = { Worker__Storage__Mode: "filesystem" };

    expect(environmentOnTop([chart, mapped, bare], env, onFiles)).toEqual(ours);
    expect(environmentOnTop([mapped, chart, bare], env, onFiles)).toHaveLength(1);
    expect(environmentOnTop([bare], env, onFiles)).toHaveLength(1);
  });
});
