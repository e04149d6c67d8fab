import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { describeServer } from "../../test/pool/servers";

/** Ends a test run with its slowest files, its failures, its server, and one plain line, `N passed, N failed`. */
export default class Summary implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const server = await describeServer().catch((error: unknown) => String(error));
    const text = [...slowestLines(modules), ...failureLines(modules), `Server: ${server}`];
    console.log([...text, countsLine(modules)].join("\n"));
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
function failureLines(modules: readonly TestModule[]): string[] {
  const tests = modules.flatMap((module) => [...module.children.allTests("failed")]);
  const failures = [
    ...modules.flatMap((module) => reasons(fileOf(module), module.errors())),
    ...tests.flatMap((test) => reasons(nameOf(test), test.result().errors)),
  ];
  if (failures.length === 0) return [];
  const rest = failures.length - maxFailures;
  const more = rest > 0 ? [`  and ${rest} more, above`] : [];
  return ["What failed:", ...failures.slice(0, maxFailures), ...more, ""];
}

function reasons(what: string, errors: readonly { readonly message: string }[] = []): string[] {
  const [first] = errors;
  if (!first) return [];
  const lines = stripVTControlCharacters(first.message).split("\n");
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  return [`  ${what}\n    ${said.slice(0, 2).join(" ").slice(0, 240)}`];
}

const fileOf = ({ moduleId }: TestModule) => relative(process.cwd(), moduleId);
const nameOf = (test: TestCase) => `${fileOf(test.module)}: ${test.fullName}`;

/** Counts a file that cannot be loaded as one failure. */
export function countsLine(modules: readonly TestModule[]): string {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const count = (state: ReturnType<TestCase["result"]>["state"]) =>
    tests.filter((test) => test.result().state === state).length;
  const broken = modules.filter(
    (module) => module.state() === "failed" && module.errors().length > 0,
  );
  const skipped = count("skipped");
  const line = `${count("passed")} passed, ${count("failed") + broken.length} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
