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

type Change = Parameters<typeof workingCopy>[2];
const usual: Change = { storageMode: "mongo", keepUris: false, cutover: 1 };

/** The copy, parsed. */
function copied(before: string, change: Partial<Change> = {}, from = committed) {
  const text = workingCopy(from, before, { ...usual, ...change });
  return parse(text) as { encryptionsalt?: string; config: Record<string, unknown> };
}

test("the copy is the committed settings with the mode and the stack's salt", () => {
  expect(copied(former, { storageMode: "filesystem" })).toEqual({
    encryptionsalt: "v1:salt",
    config: {
      "taskrunner-storage:storageMode": "filesystem",
      [uriKey]: "mongodb://127.0.0.1:27017/taskrunner",
    },
  });
});

test("services on a real node have their own values, and reach the database without TLS", () => {
  const values = { worker: ".dev/local/worker.yaml", web: ".dev/local/web.yaml" };
  expect(copied(former, { values }).config).toMatchObject({
    "taskrunner-storage:cluster": { allowPlainText: true },
    "taskrunner-storage:rollout": {
      worker: { values: [values.worker] },
      web: { values: [values.web] },
    },
  });
});

test("a rollback keeps the encrypted connection string of the last run, and nothing else", () => {
  const change = { storageMode: "filesystem", keepUris: true } as const;
  expect(copied(former, change).config).toEqual({
    "taskrunner-storage:storageMode": "filesystem",
    [uriKey]: { secure: "v1:cipher" },
  });
  const plain = `encryptionsalt: v1:salt\nconfig:\n  ${uriKey}: mongodb://127.0.0.1:1/old\n`;
  expect(copied(plain, change).config[uriKey]).toBe("mongodb://127.0.0.1:27017/taskrunner");
});

test("without a former copy there is no salt, and the engine makes one", () => {
  expect(copied("", { keepUris: true })).toEqual(parse(committed));
});

test("a cutover after the first is named, and a worker that the program cannot see is stopped for it", () => {
  expect(copied(former, { cutover: 2 }).config["taskrunner-storage:cutover"]).toBe(2);
  const seen = `${committed}  taskrunner-storage:rollout:\n    workerStopped: 1\n`;
  const { config } = copied(former, { cutover: 2 }, seen);
  expect(config).toMatchObject({ "taskrunner-storage:rollout": { workerStopped: 2 } });
});

test("comments are kept, but for the line for editors: the copy's path to the schema is another", () => {
  const text = workingCopy(committed, former, usual);
  expect(text).toMatch(/# the dev stack[^]*# plain/);
  const named = `# yaml-language-server: $schema=docs/settings.schema.json\n${committed}`;
  expect(workingCopy(named, former, usual)).toBe(text);
});
