import { beforeAll, describe, expect, it } from "vitest";
import { valuesStack } from "./stacks";

const life = valuesStack({ runs: 300 });
beforeAll(() => life.configure({}));

const atImport = /BulkPass taskrunner-bulk-pass (creating|updating)/;
const importedRuns = () => life.db.collection("pack_runs").countDocuments();

describe("an import that is interrupted", () => {
  it("ends with the runs at work, says where it resumes, and shows no stack trace", async () => {
    const { failed, output } = await life.stack.interruptedUp(atImport);
    expect(failed).toBe(true);
    expect(output).toContain("Interrupted: this pass ended after the runs at work");
    expect(output).not.toContain("    at ");
    expect(await importedRuns()).toBeLessThan(300);
  });

  it("twice is left at once, and locks nothing", async () => {
    const { failed, output } = await life.stack.interruptedUp(atImport, 2);
    expect(failed).toBe(true);
    expect(output).toContain("terminating");
    expect(await importedRuns()).toBeLessThan(300);
  });
});

// Before, the program reported a broken pipe to that pipe for ever, and each provider waited for ever.
it.each(["kill", "brokenPipe"] as const)(
  "an engine that ends by itself in a step (%s) leaves no program and no provider at work",
  async (how) => {
    const { started, left } = await life.stack.killedUp(atImport, how);

    expect(started.length).toBeGreaterThanOrEqual(2);
    expect(left).toEqual([]);
    await life.stack.cancel();
  },
);

it("the next up goes on from there, and nothing is lost or twice", async () => {
  await life.up();
  expect(await importedRuns()).toBe(300);
  expect(await life.stack.outputs()).toMatchObject({ verification: { holds: true } });
});
