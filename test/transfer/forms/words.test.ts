import { expect, it } from "vitest";
import { describeForms, describeFormsStop } from "../../../components/transfer/describe/forms";

const compared = { runs: 1_204, logs: 1, artifacts: 0, approvals: 0 };
const difference = {
  role: "runs",
  path: "steps[].attempts",
  imported: { form: "number", count: 486, example: "r-17" },
  services: [{ form: "string", count: 12, example: "r-501" }],
} as const;
const forms = { compared, differences: [difference], hash: "0123456789abcdef" };
const found =
  "The services write other forms than the import, and may not be able to read imported records: steps[].attempts " +
  "of runs is number in 486 records (such as r-17) on import, and string in 12 records (such as r-501) of services. " +
  'Their hash is advanced.acceptForms: "0123456789abcdef".';

it("a check of forms says what was compared, and what differs", () => {
  const none = { runs: 0, logs: 0, artifacts: 0, approvals: 0 };
  expect(describeForms({ compared: none, differences: [] })).toBe(
    "Forms were not compared, because no service has written to MongoDB yet: the verification after the rollouts " +
      "compares them, and `taskrunner-storage verify` at any time.",
  );
  expect(describeForms({ compared, differences: [] })).toBe(
    "The import writes the forms of the services, as 1,204 runs, 1 log entry of theirs show.",
  );
  expect(describeForms(forms)).toBe(found);
});

it("a check of forms says what to do before the drain, and after the rollouts", () => {
  expect(describeFormsStop(forms, "/state", true)).toBe(
    `Forms of /state: ${found} No service was stopped. Start web on MongoDB beside the services, and let it list the ` +
      "imported runs. If it can, set that and run `pulumi up` again. If it cannot, the services need another image, or " +
      "stay on files.",
  );
  expect(describeFormsStop(forms, "/state", false)).toBe(
    `Forms of /state: ${found} The services work on MongoDB. Let web list the imported runs. If it can, set that and ` +
      "run `pulumi up` again. If it cannot, set storageMode: filesystem and run `pulumi up`, which takes the services " +
      "back to files.",
  );
});
