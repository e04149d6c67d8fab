import { parse } from "yaml";
import { expect, it } from "vitest";
import { CheckoutError, modeIn, withMode } from "../../components/checkout";

const stated = `# Production.
encryptionsalt: v1:abc=
config:
  # Back since Tuesday: see the incident.
  taskrunner-storage:storageMode: mongo # filesystem rolls back
  taskrunner-storage:cluster: { kind: existing }

  taskrunner-storage:mongoUri:
    secure: v1:def
`;

it("a mode that is stated is replaced, and nothing else", () => {
  const edited = withMode(stated, "filesystem");

  expect(edited).toBe(stated.replace("storageMode: mongo", "storageMode: filesystem"));
  expect(modeIn(edited)).toBe("filesystem");
  expect(withMode(edited, "filesystem")).toBe(edited);
  expect(withMode(edited, "mongo")).toBe(stated);
});

const unstated = `# config: is what follows
config:
    # Where MongoDB is; config: is not meant here.
    taskrunner-storage:cluster:
        kind: existing
encryptionsalt: v1:abc=
`;

it("a mode that is not stated comes first, and comments stay with their keys", () => {
  expect(() => modeIn(unstated)).toThrow(CheckoutError);
  expect(withMode(unstated, "filesystem")).toBe(
    unstated.replace("\nconfig:\n", "\nconfig:\n    taskrunner-storage:storageMode: filesystem\n"),
  );
});

it.each([
  ["lines that end as on Windows", unstated.replaceAll("\n", "\r\n")],
  ["a heading with a comment", "config: # all of it\n  a:b: 1\n"],
  ["flow style", "config: { a:b: 1 }\n"],
  ["quotes", 'config:\n  "taskrunner-storage:storageMode": "mongo"\n'],
  ["a key without a value", "config:\n  taskrunner-storage:storageMode:\n  a:b: 1\n"],
  ["a key without a value at the end", "config:\n  taskrunner-storage:storageMode:"],
  ["no config", "encryptionsalt: x\n"],
  ["an empty config", "config:\nencryptionsalt: x\n"],
  ["an empty file", ""],
  ["no last line's end", "config:\n  a:b: 1"],
])("%s", (_, text) => {
  const edited = withMode(text, "filesystem");

  const before = (parse(text) ?? {}) as { config?: object };
  const config = { ...before.config, "taskrunner-storage:storageMode": "filesystem" };
  expect(parse(edited)).toEqual({ ...before, config });
  expect(edited.replaceAll("\r\n", "")).not.toContain(text.includes("\r\n") ? "\n" : "\r");
});

it.each([
  [
    "another word",
    "config: { taskrunner-storage:storageMode: files }",
    '"files". Set it to mongo or',
  ],
  ["a list", "config: { taskrunner-storage:storageMode: [mongo] }", "not a single word"],
  ["no YAML", "config: {", "is not valid YAML"],
])("%s is refused", (_, text, words) => {
  expect(() => modeIn(text)).toThrow(CheckoutError);
  expect(() => modeIn(text)).toThrow(words);
});
