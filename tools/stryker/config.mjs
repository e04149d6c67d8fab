import { globSync } from "node:fs";
import { scopes } from "./scopes.mjs";

const { SCOPE: scope = "pure", ONLY: only = "" } = process.env;
const { tests, files, least } = scopes[scope];
const ofOther = tests === "pure" ? [] : globSync([...scopes.pure.files, ...scopes.rules.files]);
const named = only.split(/\s+/).filter(Boolean);
const isNamed = (file) => named.length === 0 || named.some((one) => file.startsWith(one));
const mutate = globSync(files).filter((file) => isNamed(file) && !ofOther.includes(file));
if (mutate.length === 0) {
  console.log(`No file of scope ${scope} is named.`);
  process.exit(0);
}

export default {
  mutate,
  testRunner: "vitest",
  vitest: { configFile: `tools/stryker/${tests}.vitest.mts`, related: false },
  mutator: {
    // Texts are for people, and a test of each word would say it a second time.
    excludedMutations: ["StringLiteral"],
  },
  // What is computed when a module is loaded would need all tests for each change; most of it is a list or a pattern.
  ignoreStatic: true,
  // A machine may be busy: a slow test is not one that fails.
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 60,
  thresholds: { break: least },
  tempDirName: "dist/stryker/tmp",
  ignorePatterns: ["/.dev", "/dist"],
  reporters: ["clear-text", "progress-append-only"],
  clearTextReporter: { logTests: false, reportTests: false },
};
