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

it.each([
  ["lines that end as on Windows", stated.replaceAll("\n", "\r\n")],
  ["flow style", "config: { taskrunner-storage:storageMode: mongo, a:b: 1 }\n"],
  ["quotes", 'config:\n  "taskrunner-storage:storageMode": "mongo"\n'],
  ["no last line's end", "config:\n  taskrunner-storage:storageMode: mongo"],
])("%s", (_, text) => {
  const edited = withMode(text, "filesystem");

  const before = parse(text) as { config: object };
  const config = { ...before.config, "taskrunner-storage:storageMode": "filesystem" };
  expect(parse(edited)).toEqual({ ...before, config });
  expect(edited.replaceAll("\r\n", "")).not.toContain(text.includes("\r\n") ? "\n" : "\r");
});

it("a mode that another setting refers to is not edited", () => {
  const shared = "config:\n  taskrunner-storage:storageMode: &mode mongo\n  a:b: *mode\n";
  expect(() => withMode(shared, "filesystem")).toThrow("would change other settings");
});

it.each([
  [
    "another word",
    "config: { taskrunner-storage:storageMode: files }",
    '"files". Set it to mongo or',
  ],
  ["no mode", "config: { a:b: 1 }", "is missing. Set it to mongo or"],
  ["a list", "config: { taskrunner-storage:storageMode: [mongo] }", "not a single word"],
  ["no YAML", "config: {", "is not valid YAML"],
])("%s is refused", (_, text, words) => {
  expect(() => modeIn(text)).toThrow(CheckoutError);
  expect(() => modeIn(text)).toThrow(words);
  expect(() => withMode(text, "mongo")).toThrow(words);
});
