import type * as pulumi from "@pulumi/pulumi";
import { ConnectionError, sameServer } from "../connection";

/** Inputs that every Mongo-side resource has; `uri` is secret and absent in filesystem mode. */
export interface MongoSideInputs {
  readonly uri?: string;
  readonly database?: string;
}

/** Outputs: the inputs as they were last applied. `applied` is false until that succeeded once. */
export type Applied<Inputs, Results = unknown> = Inputs & Results & { readonly applied: boolean };

/** What a resource does when the stack is in mongo mode. It may connect in `apply`, `read` and `foresee`. */
export interface MongoSideLogic<Inputs extends MongoSideInputs, Results> {
  /** The outputs that are no inputs. */
  readonly results: readonly (keyof Results & string)[];
  /** The resource's id; it holds no secret. */
  id(inputs: Inputs): string;
  /** Completes the inputs from those of the last run; in a preview too. */
  check?(olds: Partial<Inputs>, news: Inputs): Inputs;
  /** Whether `inputs` ask for more than what was applied; the server is compared for it. */
  differs(applied: Inputs, inputs: Inputs): boolean;
  /** Makes it so, from nothing or from what was applied, which `state` has then. Idempotent. */
  apply(inputs: Inputs, state?: Applied<Inputs, Partial<Results>>): Promise<Results>;
  /** What is to be said of a difference in a preview, as lines; it does not fail. */
  foresee?(state: Applied<Inputs, Partial<Results>>, inputs: Inputs): Promise<string[]>;
  /** The inputs that are otherwise in MongoDB now; undefined where the thing is gone. */
  read?(applied: Applied<Inputs, Results>): Promise<Partial<Inputs> | undefined>;
}

type Logic = MongoSideLogic<MongoSideInputs, object>;
type State = Applied<MongoSideInputs>;

/**
 * The dynamic provider of a Mongo-side resource: in mongo mode it does what `logic` says; in
 * filesystem mode it keeps its state, reports no change and never connects, so that the way back
 * works while MongoDB is down. Deleting it leaves everything in MongoDB in place.
 *
 * A URI that differs in its user, password or options alone (a rotation) is taken into the outputs
 * and nothing is done; one that leads to other hosts is applied anew.
 *
 * The mode comes from the stack's configuration (`storageMode`), so it need be no input. Of a step
 * that has one as well, both count: one release that holds both services changes over in two updates,
 * and what comes after web rests in the first (decision 14).
 */
export function mongoSide<Inputs extends MongoSideInputs, Results>(
  typedLogic: MongoSideLogic<Inputs, Results>,
): Required<pulumi.dynamic.ResourceProvider> {
  const logic = typedLogic as unknown as Logic;
  let filesystemMode = false;
  const rests = ({ mode }: MongoSideInputs & { readonly mode?: unknown }) =>
    filesystemMode || mode === "filesystem";
  const needsWork = (state: State, inputs: MongoSideInputs) =>
    !state.applied || !sameServer(state.uri, inputs.uri) || logic.differs(state, inputs);
  return {
    configure: async ({ config }) => {
      filesystemMode = config.get("storageMode") === "filesystem";
      return Promise.resolve();
    },
    check: (olds: Partial<MongoSideInputs>, news: MongoSideInputs) =>
      Promise.resolve({ inputs: logic.check?.(olds, news) ?? news }),
    diff: async (_id, state: State, news: MongoSideInputs) => {
      if (rests(news)) return { changes: false };
      const isNeeded = needsWork(state, news);
      const lines = isNeeded ? await logic.foresee?.(state, news) : undefined;
      for (const line of lines ?? []) console.log(line);
      return { changes: isNeeded || state.uri !== news.uri };
    },
    create: async (inputs: MongoSideInputs) => {
      const id = logic.id(inputs);
      if (rests(inputs)) return { id, outs: { ...inputs, applied: false } };
      return { id, outs: await applied(logic, inputs) };
    },
    update: async (_id, state: State, news: MongoSideInputs) => {
      if (rests(news)) return { outs: state };
      if (!needsWork(state, news)) return { outs: { ...state, uri: news.uri } };
      return { outs: await applied(logic, news, state) };
    },
    read: async (id, state: State) => {
      if (filesystemMode || !state.applied || !logic.read) return { id, props: state };
      const drift = await readOrWarn(id, logic.read(state));
      return drift === undefined ? {} : { id, ...drifted(logic, state, drift) };
    },
    delete: () => Promise.resolve(),
  };
}

/** A refresh uses the connection string of the state, whose password may be a former one. */
async function readOrWarn(id: string, reading: Promise<object | undefined>) {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    console.warn(`warning: ${id} was not refreshed. ${error.message}`);
    return {};
  }
}

/** Inputs are returned with a drift alone: those in the state are not to be made anew. */
function drifted(logic: Logic, state: State, drift: object) {
  if (Object.keys(drift).length === 0) return { props: state };
  const results = ["applied", "__provider", ...logic.results];
  const inputs = Object.entries({ ...state, ...drift }).filter(([key]) => !results.includes(key));
  return { props: { ...state, ...drift }, inputs: Object.fromEntries(inputs) as object };
}

async function applied(logic: Logic, inputs: MongoSideInputs, state?: State): Promise<State> {
  return { ...inputs, ...(await logic.apply(inputs, state)), applied: true };
}
