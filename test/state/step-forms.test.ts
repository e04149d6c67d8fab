import { expect, it } from "vitest";
import { isContradicted, usualForms } from "../../components/state";
import { StepEvidence } from "../../components/state/step-evidence";
import { nameSteps } from "../../components/state/step-forms";
import { run } from "../transfer/state";

/** A run with these kinds of steps, of which `gates` have an approval, and whose plan names some kinds. */
function runOf(
  kinds: readonly (number | string)[],
  { gates = [], planned = {} }: { gates?: readonly number[]; planned?: Record<string, string> },
) {
  const steps = kinds.map((kind, at) => ({
    stepId: `s${at}`,
    kind,
    approvalId: gates.includes(at) ? "release" : null,
    status: 2,
  }));
  const named = Object.entries(planned).map(([id, type]) => ({ id, type }));
  return run("r", { plan: { steps: [{ id: "group", children: named }] }, steps });
}

function decide(...runs: ReturnType<typeof runOf>[]) {
  const evidence = new StepEvidence();
  for (const one of runs) evidence.add(one);
  return evidence.decide() ?? usualForms;
}

it.each<[string, Parameters<typeof runOf>, string]>([
  ["whose gates have kind 1", [[0, 1, 0, 2], { gates: [1] }], "Run"],
  ["whose gates have kind 2", [[1, 2, 1, 3], { gates: [1] }], "Unknown"],
  ["with kind 1 and no gate", [[1, 1, 1], {}], "Unknown"],
  ["with kind 0 and no gate", [[0, 0, 4], {}], "Run"],
  ["with kind 7", [[7], {}], "Unknown"],
  ["whose plan calls kind 1 run", [[1], { planned: { s0: "run" } }], "Unknown"],
  ["whose plan calls kind 5 loop", [[5], { planned: { s0: "Loop" } }], "Run"],
  ["whose plan calls kind 3 gate.policy", [[3], { planned: { s0: "gate.policy" } }], "Unknown"],
])("a directory %s has its table", (_, [kinds, options], table) => {
  const forms = decide(runOf(kinds, options));
  expect(forms).toMatchObject({ table, contradicted: 0 });
  expect(isContradicted(forms)).toBe(false);
});

it.each<[string, Parameters<typeof runOf>, string]>([
  ["kinds in another order", [[6, 6], { planned: { s0: "run", s1: "run" } }], "its plan names"],
  ["gates of another kind", [[5, 5], { gates: [0, 1] }], "it has an approvalId"],
  ["kinds that nobody knows", [[9], {}], "kind 9 has no known name"],
])("%s contradict both tables", (_, [kinds, options], example) => {
  const forms = decide(runOf(kinds, options));
  expect(isContradicted(forms)).toBe(true);
  expect(forms.example).toContain(example);
  expect(forms.example).toContain("step s0 of run r");
});

it("the children of a map have the kind that their template has in the plan", () => {
  const steps = [{ stepId: "map[3]::load", kind: 1, status: 2 }];
  const plan = { steps: [{ id: "map", children: [{ id: "load", type: "run" }] }] };
  expect(decide(run("r", { plan, steps }) as never)).toMatchObject({
    table: "Unknown",
    confirmed: 1,
  });
});

it("a few steps that contradict the table do not stop a cutover", () => {
  const good = runOf([1, 1], { gates: [0, 1] });
  const forms = decide(good, runOf([0], { gates: [0] }));
  expect(forms).toMatchObject({ table: "Run", confirmed: 2, contradicted: 1 });
  expect(isContradicted(forms)).toBe(false);
});

it("the form of most steps is that of the directory, each member by itself", () => {
  expect(decide(runOf(["Run", "Map", 0], {})).integers).toEqual(["status"]);
  expect(decide(runOf(["Run", 0, 0], {})).integers).toEqual(["status", "kind"]);
});

it.each<[string, object, RegExp]>([
  ["a gate without an approvalId", { kind: 1 }, /kind 1 would be GateApproval, .* no approvalId/],
  ["another kind with an approvalId", { kind: 2, approvalId: "a" }, /kind 2 would be GatePolicy/],
])("%s is refused unless a sample confirms the table", (_, step, reason) => {
  const steps = [{ stepId: "s", status: 0, ...step }];
  expect(() => nameSteps(steps, usualForms)).toThrow(reason);
  expect(nameSteps(steps, { ...usualForms, confirmed: 1 })).toMatchObject([{ status: "Pending" }]);
  const accepted = { ...usualForms, contradicted: 1 };
  expect(nameSteps(steps, accepted)).toMatchObject([{ status: "Pending" }]);
});
