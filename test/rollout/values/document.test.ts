import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readStated } from "../../../components/rollout/values/document";
import { inMongoMode, workerAt, written } from "./places";

const usual = `# Values of the worker
image: registry/worker:1.2 # bumped by a robot
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

describe("our variables in a values file", () => {
  it("change where they stand, in their quotes and with their comments, and come beside each other", () => {
    const text = written(usual, workerAt(), inMongoMode);
    expect(text).toContain(`  # how the worker stores runs
  - name: WORKER__STORAGE__MODE
    value: "mongo" # until the cutover
`);
    expect(text).not.toContain("mongodb://");
    const { env } = parse(text) as { env: { name: string }[] };
    expect(env.map(({ name }) => name.replace(/^.*__/, ""))).toEqual([
      ...["TZ", "MODE", "ConnectionString", "Database"],
      ...["RunsCollection", "LogsCollection", "ArtifactsCollection", "ApprovalsCollection", "LAST"],
    ]);
    expect(text.startsWith(usual.slice(0, usual.indexOf("  - name: WORKER")))).toBe(true);
    expect(text.endsWith("\n  - name: LAST # of ours\n    value: x\n\nreplicas: 2\n")).toBe(true);
  });

  it("that are not wanted go", () => {
    const wanted = inMongoMode.filter(({ name }) => name.endsWith("Mode"));
    const text = written(usual, workerAt(), wanted);
    expect(readStated(text, workerAt())).toEqual(wanted);
    expect(text).toContain("LAST");
  });

  it("make a map in the indentation of the file", () => {
    const text = "worker:\n    image: x\n    extraEnv: {}\nreplicas: 2\n";
    const place = workerAt("worker.extraEnv");
    expect(written(text, place, inMongoMode)).toMatch(
      /^worker:\n {4}image: x\n {4}extraEnv:\n {8}Worker__Storage__Mode: mongo\n/,
    );
  });

  it("are members of a map if the file has one, and the map stays when they go", () => {
    const text = "env:\n  TZ: UTC\n  Worker__Storage__Mode: filesystem\nreplicas: 2\n";
    const cutover = written(text, workerAt(), inMongoMode);
    expect(cutover).toMatch(/^env:\n {2}TZ: UTC\n {2}Worker__Storage__Mode: mongo\n/);
    expect(readStated(cutover, workerAt())).toEqual(inMongoMode);
    const empty = written("env:\n  Worker__Storage__Mode: filesystem\n", workerAt(), []);
    expect(parse(empty)).toEqual({ env: {} });
  });

  it.each([
    ["an empty file", ""],
    ["a file of comments", "# nothing yet\n"],
    ["an empty map", "{}\n"],
    ["an empty list", "worker:\n  env: []\n"],
    ["nothing", "worker:\n  env:\n"],
    ["an empty parent", "worker: {}\n"],
  ])("make the path where there is %s", (_, text) => {
    const place = workerAt("worker.env");
    expect(written(text, place, inMongoMode)).toContain(
      "worker:\n  env:\n    - name: Worker__Storage__Mode\n",
    );
  });

  it("have the dashes where the file has those of other lists", () => {
    const text = written("hosts:\n- a\n", workerAt(), inMongoMode);
    expect(text).toContain("hosts:\n- a\nenv:\n- name: Worker__Storage__Mode\n  value: mongo\n");
  });

  it("leave a byte order mark and the line ends of the file", () => {
    const text = written("\uFEFFenv: []\r\n", workerAt(), inMongoMode);
    expect(text).toMatch(
      /^\uFEFFenv:\r\n {2}- name: Worker__Storage__Mode\r\n {4}value: mongo\r\n/,
    );
  });

  it.each(["yes", "1e3", "a: b", "null", "it's #1"])(
    "are in quotes where Helm would read something else: %s",
    (database) => {
      const name = "Worker__Storage__Mongo__Database";
      const text = written("env: []\n", workerAt(), [{ name, value: database }]);
      expect(text).toContain(`value: "${database}"\n`);
    },
  );
});

describe("the layout of a values file", () => {
  it.each(["worker", "web"])("stays, of the sample's %s", async (service) => {
    const text = await readFile(`sample/rollout/${service}.values.yaml`, "utf8");
    const edited = written(text, workerAt("beside.env"), inMongoMode);
    expect(edited.slice(0, text.length)).toBe(text);
    expect(edited).toContain("beside:");
  });

  it("stays, of lists that are indented by four", () => {
    const text = "a: 1\nb:\n    - c\n";
    expect(written(text, workerAt(), inMongoMode).slice(0, text.length)).toBe(text);
  });
});

describe("a values file that cannot be edited", () => {
  it.each([
    ["several documents", "a: 1\n---\nb: 2\n", /several YAML documents.*line/],
    ["no YAML", "env: [\n", /not valid YAML/],
    [
      "an environment that others share",
      "env: &e\n  - name: A\nweb: *e\n",
      /would change other values/,
    ],
    ["an alias for the environment", "e: &e []\nenv: *e\n", /would change other values/],
    ["an alias for our variable", "m: &m { name: Worker__Storage__Mode }\nenv: [*m]\n", /twice/],
    [
      "a merge that brings it in",
      "b: &b { env: [{ name: A }] }\n<<: *b\n",
      /would change other values/,
    ],
    ["a text in the environment's place", "env: text\n", /env is neither a list nor a map/],
    [
      "our variable twice",
      "env:\n  - name: Worker__Storage__Mode\n  - name: worker__storage__mode\n",
      /Worker__Storage__Mode twice/,
    ],
    [
      "two values of one",
      "env: [{ name: Worker__Storage__Mode, value: a, valueFrom: {} }]\n",
      /both/,
    ],
    ["a list at its top", "- a\n", /not a map/],
  ])("is refused: %s", (_, text, reason) => {
    expect(() => written(text, workerAt(), inMongoMode)).toThrow(reason);
    expect(() => written(text, workerAt(), inMongoMode)).toThrow(/worker\.values\.yaml/);
  });

  it("is refused without a word of what it holds", () => {
    for (const text of ["env: 'x\n  pw: s3cret\n", "env: s3cret\n", "s3cret: a\ns3cret: b\n"]) {
      expect(() => written(text, workerAt(), inMongoMode)).toThrow(/^(?!.*s3cret)/s);
    }
  });
});
