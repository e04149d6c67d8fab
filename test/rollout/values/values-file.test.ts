import { describe, expect, it } from "vitest";
import {
  readEnvironment,
  restoreEnvironment,
  writeEnvironment,
} from "../../../components/rollout/values/values-file";
import { inMongoMode, workerAt } from "./places";

/** What the names of collections add in a list, at the margin of its dashes. */
const names = (margin: string) =>
  [
    "Runs pack_runs",
    "Logs pack_run_logs",
    "Artifacts pack_artifacts",
    "Approvals pack_run_approvals",
  ]
    .map((pair) => pair.split(" "))
    .map(
      ([role = "", name = ""]) =>
        `${margin}- name: Worker__Storage__Mongo__${role}Collection\n${margin}  value: ${name}\n`,
    )
    .join("");

const usual = `# Values of the worker
image: registry/worker:1.2   # bumped by a robot
env:
  - name: TZ
    value: 'UTC'
  # how the worker stores runs
  - name: WORKER__STORAGE__MODE
    value: "filesystem" # until the cutover
  - { name: Worker__Storage__Mongo__ConnectionString, value: "mongodb://u:p@h" }

  - name: LAST # of ours
    value: x

replicas: 2
`;

const usualInMongoMode = `# Values of the worker
image: registry/worker:1.2   # bumped by a robot
env:
  - name: TZ
    value: 'UTC'
  # how the worker stores runs
  - name: WORKER__STORAGE__MODE
    value: "mongo" # until the cutover
  - { name: Worker__Storage__Mongo__ConnectionString, "valueFrom": {"secretKeyRef": {"name": "taskrunner-mongo", "key": "connectionString"}} }
  - name: Worker__Storage__Mongo__Database
    value: taskrunner
${names("  ")}
  - name: LAST # of ours
    value: x

replicas: 2
`;

describe("the cutover of a values file", () => {
  it("changes values where they stand, and adds what is missing beside them", () => {
    expect(writeEnvironment(usual, workerAt(), inMongoMode)).toBe(usualInMongoMode);
  });

  it("sets a reference in the place of a connection string in plain text", () => {
    const text = `env:
  - name: Worker__Storage__Mongo__ConnectionString
    # ask before you change it
    value: mongodb://u:p@h # old
`;
    expect(writeEnvironment(text, workerAt(), inMongoMode)).toContain(`env:
  - name: Worker__Storage__Mongo__ConnectionString
    # ask before you change it
    valueFrom:
      secretKeyRef:
        name: taskrunner-mongo
        key: connectionString # old
`);
  });

  it("takes out a database name where none is wanted", () => {
    const text = "env:\n  - name: Worker__Storage__Mongo__Database\n    value: old\n";
    const wanted = inMongoMode.filter(({ name }) => !name.endsWith("Database"));
    const written = writeEnvironment(text, workerAt(), wanted);
    expect(written).not.toContain("Database");
    expect(restoreEnvironment(written, workerAt(), readEnvironment(text, workerAt()))).toBe(text);
  });

  it("writes a map in the indentation of the file", () => {
    const text = "worker:\n    image: x\n    extraEnv: {}  # none yet\nreplicas: 2\n";
    expect(writeEnvironment(text, workerAt("worker.extraEnv", "map"), inMongoMode)).toBe(`worker:
    image: x
    extraEnv:  # none yet
        Worker__Storage__Mode: mongo
        Worker__Storage__Mongo__ConnectionString:
            valueFrom:
                secretKeyRef:
                    name: taskrunner-mongo
                    key: connectionString
        Worker__Storage__Mongo__Database: taskrunner
        Worker__Storage__Mongo__RunsCollection: pack_runs
        Worker__Storage__Mongo__LogsCollection: pack_run_logs
        Worker__Storage__Mongo__ArtifactsCollection: pack_artifacts
        Worker__Storage__Mongo__ApprovalsCollection: pack_run_approvals
replicas: 2
`);
  });

  it.each([
    ["an empty file", ""],
    ["a file of comments", "# nothing yet\n"],
    ["an empty map", "{}\n"],
    ["an empty list", "worker:\n  env: []\n"],
    ["nothing", "worker:\n  env:\n"],
    ["an empty parent", "worker: {}\n"],
  ])("makes the path where there is %s", (_, text) => {
    const place = workerAt("worker.env");
    const written = writeEnvironment(text, place, inMongoMode);
    expect(`${written}\n`).toContain("worker:\n  env:\n    - name: Worker__Storage__Mode\n");
    expect(restoreEnvironment(written, place, readEnvironment(text, place))).toBe(text);
  });

  it("sets the dashes of a new list as the file sets those of others", () => {
    const written = writeEnvironment("hosts:\n- a\n", workerAt(), inMongoMode);
    expect(written).toContain("hosts:\n- a\nenv:\n- name: Worker__Storage__Mode\n  value: mongo\n");
  });

  it("is not misled by a byte order mark", () => {
    const written = writeEnvironment("\uFEFFenv: []\n", workerAt(), inMongoMode);
    expect(written).toMatch(/^\uFEFFenv:\n {2}- name: Worker__Storage__Mode\n {4}value: mongo\n/);
  });

  it("leaves a values file in JSON a file in JSON", () => {
    const text = `{
  "env": [
    { "name": "TZ", "value": "UTC" }
  ]
}
`;
    const written = writeEnvironment(text, workerAt(), inMongoMode);
    const { env } = JSON.parse(written) as { env: unknown[] };
    expect(env).toHaveLength(1 + 7);
    expect(written).toContain(`,\n    {"name": "Worker__Storage__Mode", "value": "mongo"}`);
  });

  it.each(["yes", "1e3", "a: b", "null", "it's #1"])(
    "quotes a name that YAML would read as something else: %s",
    (database) => {
      const name = "Worker__Storage__Mongo__Database";
      const written = writeEnvironment("env: []\n", workerAt(), [{ name, value: database }]);
      expect(written).toContain(`value: "${database}"\n`);
    },
  );
});

describe("the rollback of a values file", () => {
  const before = readEnvironment(usual, workerAt());

  it("puts back what stood there, to the byte", () => {
    expect(restoreEnvironment(usualInMongoMode, workerAt(), before)).toBe(usual);
  });

  it("keeps what someone wrote since, also among the variables and in another indentation", () => {
    const edit = (text: string) =>
      text
        .replace("worker:1.2", "worker:1.3")
        .replace("env:\n", "env:\n  - name: NEW\n    value: y\n")
        .replace("LAST # of ours", "RENAMED");
    expect(restoreEnvironment(edit(usualInMongoMode), workerAt(), before)).toBe(edit(usual));

    const deeper = (text: string) => text.replace(/^(?= )/gm, "  ");
    expect(restoreEnvironment(deeper(usualInMongoMode), workerAt(), before)).toBe(deeper(usual));
  });

  it("puts a variable back that someone took out", () => {
    const without = usualInMongoMode.replace(/ {2}- name: WORKER__STORAGE__MODE\n.*\n/, "");
    expect(restoreEnvironment(without, workerAt(), before)).toBe(usual);
  });

  it("sets the mode to filesystem where another one stood there", () => {
    const text = usual.replace('"filesystem"', "Mongo");
    const known = readEnvironment(text, workerAt());
    const restored = restoreEnvironment(usualInMongoMode, workerAt(), known);
    expect(restored).toBe(text.replace("Mongo #", "filesystem #"));
  });

  it("leaves the mode filesystem alone where nothing is known of before", () => {
    expect(restoreEnvironment(usualInMongoMode, workerAt())).toBe(
      usual.replace(/ {2}- \{.*\n/, ""),
    );
  });

  it("leaves the mode alone where the file was set out anew since, so that nothing fits", () => {
    const anew = "env: { TZ: UTC, Worker__Storage__Mode: mongo }\n";
    const place = workerAt("env", "map");
    expect(restoreEnvironment(anew, place, before)).toBe(anew.replace("mongo", "filesystem"));
  });

  it("leaves what we made where someone has come to use it", () => {
    const known = readEnvironment("image: x\nenv: []\n", workerAt());
    const written = writeEnvironment("image: x\nenv: []\n", workerAt(), inMongoMode);
    const used = `${written}  - name: THEIRS\n    value: z\n`;
    expect(restoreEnvironment(used, workerAt(), known)).toBe(
      "image: x\nenv:\n  - name: THEIRS\n    value: z\n",
    );

    const nested = workerAt("worker.env");
    const made = writeEnvironment("worker: {}\n", nested, inMongoMode);
    const beside = `${made}  image: y\n`;
    const empty = readEnvironment("worker: {}\n", nested);
    expect(restoreEnvironment(beside, nested, empty)).toBe("worker:\n  env:\n  image: y\n");
  });
});

describe("a values file that cannot be edited", () => {
  it.each([
    ["several documents", "a: 1\n---\nb: 2\n", /several YAML documents.*line/],
    ["no YAML", "env: [\n", /not valid YAML/],
    ["an anchor on the environment", "env: &e\n  - name: A\n", /env has an anchor/],
    ["an alias for the environment", "e: &e []\nenv: *e\n", /env has an anchor, an alias/],
    ["an anchor on our variable", "env:\n  - &m { name: Worker__Storage__Mode }\n", /Mode has an/],
    ["an alias for our variable", "m: &m { name: Worker__Storage__Mode }\nenv: [*m]\n", /Mode has/],
    ["another form", "env: { A: b }\n", /env is no list/],
    ["a text in the environment's place", "env: text\n", /env is no list/],
    [
      "our variable twice",
      "env:\n  - name: Worker__Storage__Mode\n".repeat(1) + "  - name: worker__storage__mode\n",
      /Worker__Storage__Mode twice/,
    ],
    [
      "two values of one",
      "env: [{ name: Worker__Storage__Mode, value: a, valueFrom: {} }]\n",
      /both/,
    ],
    ["a list at its top", "- a\n", /top level is no map/],
    ["a document on the line of its marker", "--- {}\n", /cannot be edited without touching/],
  ])("is refused: %s", (_, text, reason) => {
    expect(() => writeEnvironment(text, workerAt(), inMongoMode)).toThrow(reason);
    expect(() => writeEnvironment(text, workerAt(), inMongoMode)).toThrow(/worker\.values\.yaml/);
  });

  it("is refused where a merge may bring the environment in", () => {
    const text = "base: &b { env: [] }\nworker:\n  <<: *b\n";
    expect(() => writeEnvironment(text, workerAt("worker.env"), inMongoMode)).toThrow(/merged in/);
    const own = `${text}  env: []\n`;
    expect(writeEnvironment(own, workerAt("worker.env"), inMongoMode)).toContain(
      "<<: *b\n  env:\n",
    );
  });

  it("is refused where an edit would reach into a value of the site's own", () => {
    // Blank lines belong to a text under `|+`, and taking the name out would give it one more.
    const text = `env:
  - name: Worker__Storage__Mode
    value: mongo
  - name: TZ
    value: |+
      UTC

  - name: Worker__Storage__Mongo__Database
    value: old

  - name: LAST
`;
    expect(() => restoreEnvironment(text, workerAt())).toThrow(
      /cannot be edited without touching the rest/,
    );
  });

  it("is refused without a word of what it holds", () => {
    for (const text of [
      "env: 'x\n  pw: s3cret\n",
      "env: { s3cret }: x\n",
      "s3cret: a\ns3cret: b\n",
    ]) {
      expect(() => writeEnvironment(text, workerAt(), inMongoMode)).toThrow(/^(?!.*s3cret)/s);
    }
  });
});
