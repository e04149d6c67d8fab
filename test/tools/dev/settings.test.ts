import { expect, test } from "vitest";
import { parse } from "yaml";
import { workingCopy } from "../../../tools/dev/settings";

const committed = `# the dev stack
config:
  taskrunner-storage:storageMode: mongo
  taskrunner-storage:mongoUri: mongodb://127.0.0.1:27017/taskrunner # plain
`;
const former = `encryptionsalt: v1:salt
config:
  taskrunner-storage:storageMode: mongo
  taskrunner-storage:mongoUri:
    secure: v1:cipher
  taskrunner-storage:cluster: of an older version
`;
const uriKey = "taskrunner-storage:mongoUri";

/** The copy, parsed. */
function copied(before: string, change: Parameters<typeof workingCopy>[2]) {
  const text = workingCopy(committed, before, change);
  return parse(text) as { encryptionsalt?: string; config: Record<string, unknown> };
}

test("the copy is the committed settings with the mode and the stack's salt", () => {
  expect(copied(former, { storageMode: "filesystem", keepUris: false, cutover: 1 })).toEqual({
    encryptionsalt: "v1:salt",
    config: {
      "taskrunner-storage:storageMode": "filesystem",
      [uriKey]: "mongodb://127.0.0.1:27017/taskrunner",
    },
  });
});

test("services on a real node have their own values, and reach the database without TLS", () => {
  const values = { worker: ".dev/local/worker.yaml", web: ".dev/local/web.yaml" };
  const change = { storageMode: "mongo", keepUris: false, cutover: 1, values } as const;
  expect(copied(former, change).config).toMatchObject({
    "taskrunner-storage:cluster": { allowPlainText: true },
    "taskrunner-storage:rollout": {
      worker: { values: [values.worker] },
      web: { values: [values.web] },
    },
  });
});

test("a rollback keeps the encrypted connection string of the last run, and nothing else", () => {
  expect(copied(former, { storageMode: "filesystem", keepUris: true, cutover: 1 }).config).toEqual({
    "taskrunner-storage:storageMode": "filesystem",
    [uriKey]: { secure: "v1:cipher" },
  });
});

test("a plain connection string of the last run gives way to the committed one", () => {
  const plain = `encryptionsalt: v1:salt\nconfig:\n  ${uriKey}: mongodb://127.0.0.1:1/old\n`;
  const { config } = copied(plain, { storageMode: "filesystem", keepUris: true, cutover: 1 });
  expect(config[uriKey]).toBe("mongodb://127.0.0.1:27017/taskrunner");
});

test("without a former copy there is no salt, and the engine makes one", () => {
  expect(copied("", { storageMode: "mongo", keepUris: true, cutover: 1 })).toEqual(
    parse(committed),
  );
});

test("a cutover after the first is named", () => {
  const { config } = copied(former, { storageMode: "mongo", keepUris: false, cutover: 2 });
  expect(config["taskrunner-storage:cutover"]).toBe(2);
});

test("a worker that the program cannot see is stopped for each cutover", () => {
  const seen = `${committed}  taskrunner-storage:rollout:\n    workerStopped: 1\n`;
  const change = { storageMode: "mongo", keepUris: false, cutover: 2 } as const;
  const { config } = parse(workingCopy(seen, former, change)) as { config: object };
  expect(config).toMatchObject({ "taskrunner-storage:rollout": { workerStopped: 2 } });
});

test("comments are kept", () => {
  const text = workingCopy(committed, former, {
    storageMode: "mongo",
    keepUris: false,
    cutover: 1,
  });
  expect(text).toContain("# the dev stack");
  expect(text).toContain("# plain");
});

test("the line for editors is not: the copy's path to the schema is another", () => {
  const named = `# yaml-language-server: $schema=docs/settings.schema.json\n${committed}`;
  const change = { storageMode: "mongo", keepUris: false, cutover: 1 } as const;
  expect(workingCopy(named, former, change)).toBe(workingCopy(committed, former, change));
});
