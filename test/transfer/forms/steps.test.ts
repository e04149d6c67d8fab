import { UUID } from "mongodb";
import { beforeEach, expect, it } from "vitest";
import { providers } from "../../../components/transfer/provider";
import { RollbackStack, stoppedBy, sampleFiles } from "../rollback-stack";
import { addFiles, run } from "../state";

const stack = new RollbackStack();
const { BulkPass, FirstVerification, Verification } = providers;

beforeEach(() => addFiles(stack.root, sampleFiles));

/** Three runs of a played service; by default it writes the attempts of a step as a text. */
async function playService(fields: object = {}): Promise<void> {
  const steps = [{ stepId: "build", status: "Failed", attempts: "1" }];
  const dates = { updatedAt: new Date(), createdAt: new Date(), requestedAt: new Date() };
  for (const runId of ["s-1", "s-2", "s-3"]) {
    await stack.runs.insertOne({ ...run(runId), ...dates, steps, ...fields, _id: runId });
  }
}

const hashIn = (reasons: readonly string[]) =>
  /advanced\.acceptForms: "(\w{16})"/.exec(reasons.join("\n"))?.[1];

it("stops before the drain for another form, until it is accepted", async () => {
  await playService();
  const { reasons } = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
  expect(reasons).toEqual([
    expect.stringMatching(
      /steps\[\]\.attempts .* number in 3 .* string in 3 .*No service was stopped/,
    ),
  ]);
  const acceptForms = hashIn(reasons);
  expect(acceptForms).toBeDefined();
  await expect(
    FirstVerification.create(stack.toVerifyFirst({ acceptForms: "0".repeat(16) })),
  ).rejects.toThrow();
  const again = await FirstVerification.create(stack.toVerifyFirst({ acceptForms }));
  expect(again.outs).toMatchObject({ applied: true, report: { runs: { read: 3 } } });
  expect(stack.printed.join("\n")).toMatch(/warning: .*steps\[\]\.attempts .*\[forms-differ\]/);
});

const inStep = { StepId: "build", Status: "Failed", Attempts: 1 };
it.each([
  [
    "names of members in another case",
    { steps: [inStep] },
    /steps\[\]\.status .*steps\[\]\.Status/,
  ],
  ["a value that no file can hold", { steps: [], trace: new UUID() }, /trace of runs is absent /],
])("stops before the drain for %s", async (_, fields, reason) => {
  await playService(fields);
  const { reasons } = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
  expect(reasons).toEqual([expect.stringMatching(reason)]);
});

it("fails the verification after the rollouts, although it holds, until it is accepted", async () => {
  await FirstVerification.create(stack.toVerifyFirst());
  // Without a service's document, there is nothing to say before the rollouts.
  expect(stack.printed.join("\n")).not.toContain("forms");
  await playService();
  const { reasons, properties } = await stoppedBy(Verification.create(stack.inputs()));
  expect(reasons).toEqual([expect.stringMatching(/steps\[\]\.attempts .*storageMode: filesystem/)]);
  expect(properties).toMatchObject({
    applied: false,
    report: {
      holds: true,
      forms: { compared: { runs: 3 }, differences: [{ path: "steps[].attempts" }] },
    },
  });
  const inputs = stack.inputs({ acceptForms: hashIn(reasons) });
  const again = await Verification.update("id", properties, inputs);
  expect(again.outs).toMatchObject({ applied: true, report: { holds: true } });
});

it("says of a verification that does not hold both what is missing and what differs in form", async () => {
  await BulkPass.create(stack.inputs());
  await playService();
  await stack.runs.deleteOne({ _id: "done" });
  const { reasons } = await stoppedBy(Verification.create(stack.inputs()));
  expect(reasons.join("\n")).toMatch(/1 of 3 runs .*: done\..*\n.*steps\[\]\.attempts/);
});
