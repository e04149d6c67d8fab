import { kind, providerOf, type Step, type StepInputs } from "../../../components/step";
import { codes, type Finding } from "../../../components/text";

interface Printed extends StepInputs {
  /** A change makes the step due, so that a preview prints its findings. */
  readonly turn: number;
}

/** A stop and a warning of each code, in lines of text, the second one indented. */
const findings = codes.flatMap((code) =>
  (["stop", "warn"] as const).map((severity): Finding => {
    return { severity, code, text: `Found ${severity} of ${code}:\n  the second line` };
  }),
);

/** A step whose next run has every finding that there is. */
export const printed: Step<Printed, object> = {
  ...kind<Printed, object>("Printed", ["../test/engine/printed", "test"], [], []),
  id: () => "printed",
  compares: ["turn"],
  findings: (_inputs, _prior, state) => Promise.resolve(state ? findings : []),
  forward: () => Promise.resolve({}),
};

export const providers = { Printed: providerOf(printed) };
