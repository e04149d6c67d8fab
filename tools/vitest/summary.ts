import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";
import { describeServer } from "../../test/pool/servers";

/**
 * Ends a test run with its slowest files, its failures, its server, its skipped tests with their reasons, and one plain
 * line, `N passed, N failed`. A test that is skipped without a reason has failed.
 */
export default class Summary implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const server = await describeServer().catch((error: unknown) => String(error));
    const failures = failuresOf(modules);
    const passed = testsOf(modules, "passed").length;
    const lines = [
      ...slowestLines(modules),
      ...failureLines(failures),
      `Server: ${server}`,
      ...skippedLines(modules),
      `${passed} passed, ${failures.length} failed`,
    ];
    console.log(lines.join("\n"));
    if (failures.length > 0) process.exitCode = 1;
  }
}

const maxFiles = 10;
const maxFailures = 15;

function slowestLines(modules: readonly TestModule[]): string[] {
  const durations = modules.map((module) => ({
    file: fileOf(module),
    // Of tests and hooks, in ms.
    duration: module.diagnostic().duration,
  }));
  const slowest = durations.sort((one, other) => other.duration - one.duration);
  const lines = slowest
    .slice(0, maxFiles)
    .map(({ file, duration }) => `${(duration / 1000).toFixed(1).padStart(8)} s  ${file}`);
  return [`The slowest of ${modules.length} files:`, ...lines, ""];
}

/** Two lines for each failure, so that the last screen shows why. */
function failureLines(failures: readonly string[]): string[] {
  if (failures.length === 0) return [];
  const rest = failures.length - maxFailures;
  const more = rest > 0 ? [`  and ${rest} more, above`] : [];
  return ["What failed:", ...failures.slice(0, maxFailures), ...more, ""];
}

/** A file that cannot be loaded, or hooks of a suite that fail, are one failure. */
function failuresOf(modules: readonly TestModule[]): string[] {
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const tests = testsOf(modules, "failed");
  const silent = testsOf(modules, "skipped").filter(isSilent);
  return [
    ...suites.flatMap((suite) => reasons(nameOf(suite), suite.errors())),
    ...tests.flatMap((test) => reasons(nameOf(test), test.result().errors)),
    ...silent.map((test) => `  ${nameOf(test)}\n    It was skipped without a reason.`),
  ];
}

function reasons(what: string, errors: readonly { readonly message: string }[] = []): string[] {
  const [first] = errors;
  if (!first) return [];
  const lines = stripVTControlCharacters(first.message).split("\n");
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  return [`  ${what}\n    ${said.slice(0, 2).join(" ").slice(0, 240)}`];
}

const noteOf = (test: TestCase) => {
  const result = test.result();
  return result.state === "skipped" ? result.note : undefined;
};

/** Whether nothing says why: neither the test nor a hook that failed before it. */
function isSilent(test: TestCase): boolean {
  const hasFailed = (suite: TestModule | TestSuite): boolean =>
    suite.errors().length > 0 || (suite.type === "suite" && hasFailed(suite.parent));
  return noteOf(test) === undefined && !hasFailed(test.parent);
}

function skippedLines(modules: readonly TestModule[]): string[] {
  return testsOf(modules, "skipped").flatMap((test) => {
    const note = noteOf(test);
    return note === undefined ? [] : [`skipped: ${nameOf(test)} (${note})`];
  });
}

const testsOf = (modules: readonly TestModule[], state: "passed" | "failed" | "skipped") =>
  modules.flatMap((module) => [...module.children.allTests(state)]);

const fileOf = ({ moduleId }: TestModule) => relative(process.cwd(), moduleId);
const nameOf = (one: TestCase | TestModule | TestSuite) =>
  one.type === "module" ? fileOf(one) : `${fileOf(one.module)}: ${one.fullName}`;
