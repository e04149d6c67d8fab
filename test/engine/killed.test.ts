import { beforeAll, expect, it } from "vitest";
import { valuesStack } from "./stacks";

const life = valuesStack({ runs: 60 });
beforeAll(() => life.configure({}));

// Before, the program reported a broken pipe to that pipe for ever, and each provider waited for ever.
it.each(["kill", "brokenPipe"] as const)(
  "an engine that ends by itself in a step (%s) leaves no program and no provider at work",
  async (how) => {
    const { started, left } = await life.stack.killedUp(
      /BulkPass taskrunner-bulk-pass (creating|updating)/,
      how,
    );

    expect(started.length).toBeGreaterThanOrEqual(2);
    expect(left).toEqual([]);
    await life.stack.cancel();
  },
);

it("the next up goes on from there", async () => {
  await life.up();
  expect(await life.stack.outputs()).toMatchObject({ verification: { holds: true } });
});
