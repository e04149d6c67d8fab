import { kind, providerOf, Unfinished, type MongoInputs, type Step } from "../../components/step";

/** Inputs of the tests' step. */
export interface ThingInputs extends MongoInputs {
  readonly size: number;
}

/** What its last run made. */
export interface ThingResults {
  readonly made: string;
}

/** The tests' step. */
export type Thing = Step<ThingInputs, ThingResults>;

/** What a kind of the tests' step is like. */
export const thing = {
  ...kind<ThingInputs, ThingResults>("BigThing", ["test", "test"], ["made"]),
  id: () => "thing",
};

/** A step that counts its runs in each direction, in which it would have connected. */
export function counting(changes: Partial<Thing> = {}) {
  const seen = { forward: 0, back: 0 };
  const step: Thing = {
    ...thing,
    followsServer: true,
    compares: ["size"],
    forward: ({ size }) => {
      seen.forward += 1;
      return Promise.resolve({ made: `forward ${size}` });
    },
    ...changes,
  };
  return { step, provider: providerOf(step), seen };
}

/** A step that goes back too. */
export function twoWay() {
  const { step, seen } = counting();
  const back: Thing["back"] = ({ size }) => {
    seen.back += 1;
    return Promise.resolve({ made: `back ${size}` });
  };
  const both: Thing = { ...step, back };
  return { step: both, provider: providerOf(both), seen };
}

/** A step that stops, with these results. */
export const stopping = (results?: ThingResults) =>
  counting({ forward: () => Promise.reject(new Unfinished(["it stopped", "here"], results)) });

export const thingInputs: ThingInputs = {
  direction: "forward",
  uri: "mongodb://u:geheim@h/d",
  database: "d",
  size: 1,
};

/** What the engine keeps of a run that began and did not finish. */
export async function kept(running: Promise<unknown>) {
  const error: unknown = await running.then(
    () => undefined,
    (one: unknown) => one,
  );
  return error as { id?: string; properties?: object; reasons?: string[]; message: string };
}
