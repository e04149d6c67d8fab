import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { parseSettings, SettingsError } from "../../components/settings";
import { resolveContext } from "../../components/settings";
import { helm } from "./problems";

let folder = "";
let one = "";
let two = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "context-"));
  one = await kubeconfig("one");
  two = await kubeconfig("two", "three");
});
afterEach(() => {
  vi.unstubAllEnvs();
});
afterAll(() => rm(folder, { recursive: true }));

async function kubeconfig(...names: string[]): Promise<string> {
  const contexts = names.map((name) => ({ name, context: { cluster: name, user: name } }));
  const file = join(folder, names.join("-"));
  await writeFile(file, stringify({ contexts, "current-context": names[0] }));
  return file;
}

const resolved = (kubernetes: object, rollout: object = helm) => {
  const mongoUri = "mongodb://127.0.0.1/taskrunner";
  const settings = parseSettings({ storageMode: "mongo", mongoUri, kubernetes, rollout });
  return resolveContext(settings).context;
};

it("a kubeconfig's one context is the stack's, also by the variable", () => {
  expect(resolved({ kubeconfig: one })).toBe("one");
  vi.stubEnv("KUBECONFIG", one);
  expect(resolved({})).toBe("one");
});

it("of several contexts, in one file or in two, one has to be named", () => {
  expect(() => resolved({ kubeconfig: two })).toThrow(
    /kubernetes\.context: .* allowed: two, three/,
  );
  expect(resolved({ kubeconfig: two, context: "three" })).toBe("three");
  vi.stubEnv("KUBECONFIG", [one, two].join(delimiter));
  expect(() => resolved({})).toThrow(SettingsError);
});

it("a context that the kubeconfig does not have is refused, with those that it has", () => {
  expect(() => resolved({ kubeconfig: two, context: "one" })).toThrow(
    /kubernetes\.context: .*one.* allowed: two, three/,
  );
});

it("a stack without a cluster needs none, and a file that cannot be read is the steps' affair", () => {
  const none = { target: "values", directory: "deploy", confirm: "none" };
  expect(resolved({ kubeconfig: two }, none)).toBeUndefined();
  expect(resolved({ kubeconfig: join(folder, "missing") })).toBeUndefined();
});
