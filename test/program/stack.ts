import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { nextCutover } from "../../tools/dev/outputs";
import { repository } from "../../tools/parts";
import { type EngineRun, numbered, type StackSettings, type TestStack } from "../engine/stack";
import { ignoreRejections, plain, printed, runProgram } from "./runtime";

/**
 * The real program with its real steps, in this process: its order, its files and its server. The engine is played: what it
 * prints, its state on disk, secrets in it, flags, kills and plugins are proven by test/engine.
 */
export type StackInProcess = Pick<
  TestStack,
  "name" | "folder" | "configure" | "preview" | "up" | "outputs" | "state" | "remove"
> & {
  /** An `up` with `--refresh`: it looks first at what the steps made. */
  upAfterRefresh(): Promise<EngineRun>;
  /** Forgets all resources, as a stack whose state was lost. */
  forget(): void;
};

type Provider = Required<pulumi.dynamic.ResourceProvider>;

/** What the engine keeps of a resource. */
interface Kept {
  readonly type: string;
  /** The lines that load its provider. */
  readonly shim: string;
  readonly inputs: object;
  readonly outputs: object;
}

/** Makes an empty stack of this name. */
export async function makeStackInProcess(name = "test"): Promise<StackInProcess> {
  const folder = await mkdtemp(join(tmpdir(), "stack-"));
  const kept = new Map<string, Kept>();
  const shims = new Set<string>();
  let settings: StackSettings = {};
  let outputs: Record<string, unknown> = {};

  async function run(isPreview: boolean): Promise<EngineRun> {
    const output = printed();
    const asked = new Set<string>();
    const result = { failed: false };
    const fail = (name: string, type: string, error: unknown) => {
      result.failed = true;
      const { message, reasons = [] } = error as Error & { reasons?: readonly string[] };
      output.add(`${type} (${name}):\n  error: ${[message, ...reasons].join("\n")}`);
      throw error;
    };
    const newResource = async ({ type, name, inputs }: pulumi.runtime.MockResourceArgs) => {
      // After a failure the engine begins no other step.
      if (result.failed) throw new Error("The update has failed.");
      const { __provider: shim = "", ...news } = plain(inputs) as { readonly __provider?: string };
      if (shim === "") return { id: name, state: news };
      asked.add(name);
      shims.add(shim);
      const provider = await providerOf(shim, settings);
      const work = isPreview ? previewed : done;
      const found = await work(provider, news, kept.get(name)).catch((error: unknown) => {
        const { properties } = error as { readonly properties?: object };
        if (properties) kept.set(name, { type, shim, inputs: news, outputs: toJson(properties) });
        return fail(name, type, error);
      });
      if (found.what) output.add(`${type} ${name} ${found.what}`);
      if (!isPreview) kept.set(name, { type, shim, ...found });
      return { id: name, state: { ...found.outputs, __provider: shim } };
    };
    const rejections = ignoreRejections();
    try {
      const played = { newResource, call: () => ({}) };
      const program = await runProgram(played, settings, { stack: name, isPreview });
      if (!isPreview && !result.failed) outputs = await program.outputs;
    } catch (error) {
      if (!result.failed) output.add(`error: ${(error as Error).message}`);
      result.failed = true;
    } finally {
      await rejections.stop();
      output.stop();
    }
    if (!result.failed && !isPreview)
      for (const name of kept.keys()) if (!asked.has(name)) kept.delete(name);
    return { ...result, output: output.text() };
  }

  async function refresh(): Promise<void> {
    for (const [name, { type, inputs, outputs, shim }] of kept) {
      const provider = await providerOf(shim, settings);
      const found = await provider.read(name, outputs);
      if (found.id === undefined) kept.delete(name);
      else kept.set(name, { type, shim, inputs, outputs: toJson(found.props as object) });
    }
  }

  const state = () => {
    const resources = [...kept].map(([urn, { type, inputs, outputs }]) => {
      return { urn, type, inputs, outputs };
    });
    return Promise.resolve(JSON.stringify({ deployment: { resources } }));
  };

  return {
    name,
    folder,
    state,
    configure: async (asked) => {
      settings = numbered(asked, nextCutover(await state()));
    },
    preview: () => run(true),
    up: () => run(false),
    upAfterRefresh: async () => {
      await refresh();
      return run(false);
    },
    outputs: () => Promise.resolve(outputs),
    forget: () => {
      kept.clear();
    },
    remove: async () => {
      // Files of tests share the providers, and the next file configures none.
      for (const shim of shims) await providerOf(shim, {});
      await rm(folder, { recursive: true });
    },
  };
}

/** The provider that the engine's lines for a resource load, as configured. */
async function providerOf(shim: string, settings: StackSettings) {
  const [, module = "", kind = ""] = /load\("([^"]+)", "([^"]+)"\)/.exec(shim) ?? [];
  const { providers } = (await import(join(repository, `${module}.ts`))) as {
    readonly providers: Readonly<Record<string, Provider>>;
  };
  const provider = providers[kind];
  if (!provider) throw new Error(`${module} has no provider ${kind}`);
  const get = (key: string) => settings[key];
  await provider.configure({ config: { get } } as pulumi.dynamic.ConfigureRequest);
  return provider;
}

interface Worked extends Omit<Kept, "type" | "shim"> {
  /** As the engine says it; absent if nothing changes. */
  readonly what?: string;
}

/** Nothing is created or updated: what results is unknown. */
async function previewed(provider: Provider, news: object, before?: Kept): Promise<Worked> {
  const inputs = await checked(provider, news, before);
  if (!before) return { inputs, outputs: inputs, what: "create" };
  const { changes } = await provider.diff("", before.outputs, inputs);
  return changes
    ? { inputs, outputs: inputs, what: "update" }
    : { inputs, outputs: before.outputs };
}

async function done(provider: Provider, news: object, before?: Kept): Promise<Worked> {
  const inputs = await checked(provider, news, before);
  if (!before) {
    const created = await provider.create(inputs);
    return { inputs, outputs: toJson(created.outs as object), what: "created" };
  }
  if (!(await provider.diff("", before.outputs, inputs)).changes)
    return { inputs, outputs: before.outputs };
  const updated = await provider.update("", before.outputs, inputs);
  return { inputs, outputs: toJson(updated.outs as object), what: "updated" };
}

async function checked(provider: Provider, news: object, before?: Kept): Promise<object> {
  const found = await provider.check(before?.inputs ?? {}, news);
  const reasons = (found.failures ?? []).map(({ reason }) => reason);
  if (reasons.length > 0) throw new Error(reasons.join("\n"));
  return toJson(found.inputs as object);
}

/** As it reaches another process. */
const toJson = (value: object) => JSON.parse(JSON.stringify(value)) as object;
