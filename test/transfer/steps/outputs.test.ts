import { expect, it } from "vitest";
import { type Step, type StepInputs, Unfinished, kind } from "../../../components/step";
import { withCutReports } from "../../../components/transfer/steps/outputs";

const many = Array.from({ length: 25 }, (_, at) => `r-${at}`);
const first = many.slice(0, 20);
const results = {
  report: { runs: { quarantined: 25 }, misnamed: { count: 25, cases: many } },
  rollback: {
    held: { count: 25, cases: many },
    exported: { returned: { count: 25, cases: many } },
  },
  cutoverRecord: { tokens: many },
};
const cut = {
  report: { runs: { quarantined: 25 }, misnamed: { count: 25, cases: first } },
  rollback: {
    held: { count: 25, cases: first },
    exported: { returned: { count: 25, cases: first } },
  },
  cutoverRecord: { tokens: many },
};

const stepThat = (forward: () => Promise<object>): Step<StepInputs, object> =>
  withCutReports({ ...kind<StepInputs, object>("Some", ["a", "b"]), id: () => "id", forward });

it("reports become outputs with 20 cases of a kind, and other results stay whole", async () => {
  await expect(stepThat(() => Promise.resolve(results)).forward({})).resolves.toEqual(cut);
});

it("so do those of a step that did not finish, with all of its reasons", async () => {
  const step = stepThat(() => Promise.reject(new Unfinished(many, results)));
  await expect(step.forward({})).rejects.toMatchObject({ reasons: many, results: cut });
});

it("a step without `back` gets none, and another error is left as it is", async () => {
  const error = new Error("no");
  const step = stepThat(() => Promise.reject(error));
  expect(step).not.toHaveProperty("back");
  await expect(step.forward({})).rejects.toBe(error);
});
