import type { Reporter, TestModule, TestCase } from "vitest/node";

/** Ends a run of the tests with one plain line: `N passed, N failed`. */
export default class Counts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    console.log(countsLine(modules));
  }
}

/** A file that cannot be loaded has no tests, and counts as one that failed. */
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
