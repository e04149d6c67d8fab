import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { serviceEnvironment } from "../../../components/rollout";
import { readStated, withStatement } from "../../../components/rollout/values/document";
import type { Place } from "../../../components/rollout/values/statement";
import {
  statesMongo,
  switchMode,
  type ValuesFileInputs,
  type ValuesFileState,
} from "../../../components/rollout/values/switch";
import { valuesFiles } from "./cases";
import { written } from "./places";

const names = {
  collections: { runs: "pack_runs", logs: "logs", artifacts: "pack artifacts", approvals: "yes" },
  connectionSecret: { name: "taskrunner-mongo", key: "connectionString" },
};
const inMongoMode = serviceEnvironment("worker", "mongo", names);
const withDatabase = serviceEnvironment("worker", "mongo", { ...names, database: "taskrunner" });

function inputs(place: Place, entries = inMongoMode): ValuesFileInputs {
  const { file, path } = place;
  const environment = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
  return { service: "worker", mode: "mongo", file, path: path.join("."), environment };
}
/** Outputs of a resource go through the state as JSON. */
const stateOf = (from: ValuesFileInputs, known: object) =>
  JSON.parse(JSON.stringify({ ...from, ...known })) as ValuesFileState;

/** A cutover, then others of its settings, then a rollback; `meanwhile` edits the file between. */
function thereAndBack(
  text: string,
  all: readonly ValuesFileInputs[],
  meanwhile = (between: string) => between,
): { readonly there: string; readonly back: string } {
  let [there, state] = [text, undefined as ValuesFileState | undefined];
  for (const one of all) {
    const { text: next, ...known } = switchMode(there, one, state);
    [there, state] = [next, stateOf(one, known)];
  }
  there = meanwhile(there);
  const last = all.at(-1);
  if (!last) throw new Error("no cutover");
  return { there, back: switchMode(there, { ...last, mode: "filesystem" }, state).text };
}

const saidAnotherMode = (text: string, place: Place) => {
  const mode = readStated(text, place).find(({ name }) => name === place.keys[0]);
  return mode !== undefined && String(mode.value).toLowerCase() !== "filesystem";
};

type Yaml = Record<string, unknown>;

/** The parsed file without our variables; an environment without any is as good as none. */
function withoutOurs(text: string, { path, keys }: Place): unknown {
  const isOurs = (name: unknown) =>
    keys.some((key) => key.toLowerCase() === String(name).toLowerCase());
  const walk = (node: unknown, [key, ...below]: readonly string[]): unknown => {
    if (key !== undefined) {
      if (typeof node !== "object" || node === null) return undefined;
      const { [key]: inner, ...others } = node as Yaml;
      const rest = walk(inner, below);
      const kept = rest === undefined ? others : { ...others, [key]: rest };
      return Object.keys(kept).length > 0 ? kept : undefined;
    }
    const kept = Array.isArray(node)
      ? (node as Yaml[]).filter((item) => !isOurs(item.name))
      : Object.entries(node ?? {}).filter(([name]) => !isOurs(name));
    return kept.length > 0 ? kept : undefined;
  };
  return walk(parse(text), path);
}

const runs = { numRuns: 100 };

describe("in any values file", () => {
  it("a cutover states what is wanted and touches nothing else", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const cutover = written(text, place, inMongoMode);
      expect(readStated(cutover, place)).toHaveLength(inMongoMode.length);
      expect(readStated(cutover, place)).toEqual(expect.arrayContaining(inMongoMode));
      expect(withoutOurs(cutover, place)).toEqual(withoutOurs(text, place));
    });
    fc.assert(property, runs);
  });

  it("a second cutover changes no byte, and the line ends stay those of the file", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const cutover = written(text, place, inMongoMode);
      expect(written(cutover, place, inMongoMode)).toBe(cutover);
      if (text.includes("\r\n")) expect(cutover.replaceAll("\r\n", "")).not.toContain("\n");
      else expect(cutover).not.toContain("\r");
    });
    fc.assert(property, runs);
  });

  it("a rollback gives the same bytes, also after a change of settings", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      fc.pre(!saidAnotherMode(text, place));
      const [first, second] = [inputs(place), inputs(place, withDatabase)];
      expect(thereAndBack(text, [first]).back).toBe(text);
      expect(thereAndBack(text, [first, second]).back).toBe(text);
    });
    fc.assert(property, runs);
  });

  it("a rollback keeps what someone else wrote since, and puts ours back all the same", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      fc.pre(!/^(\uFEFF)?(---|\{\})/.test(text));
      const above = "# bumped\nsince: { the: cutover }\n";
      const edit = (between: string) => above + between.replace("\uFEFF", "");
      const { back } = thereAndBack(text, [inputs(place)], edit);
      expect(withoutOurs(back, place)).toEqual(withoutOurs(edit(text), place));
      if (saidAnotherMode(text, place)) return;
      expect(back.startsWith("# bumped")).toBe(true);
      expect(new Set(readStated(back, place))).toEqual(new Set(readStated(text, place)));
    });
    fc.assert(property, runs);
  });

  it("a rollback never leaves a service in mongo mode", () => {
    const property = fc.property(valuesFiles, fc.boolean(), ({ text, place }, isKnown) => {
      const { there, back } = thereAndBack(text, [inputs(place)]);
      const unknown = { ...inputs(place), mode: "filesystem" } as const;
      const restored = isKnown ? back : switchMode(there, unknown, stateOf(inputs(place), {})).text;
      expect(statesMongo(restored, place)).toBe(false);
      expect(saidAnotherMode(restored, place)).toBe(false);
      expect(withoutOurs(restored, place)).toEqual(withoutOurs(text, place));
    });
    fc.assert(property, runs);
  });

  it("a text that states what it should comes back as it is", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const entries = readStated(text, place);
      expect(withStatement(text, { place, entries })).toBe(text);
    });
    fc.assert(property, runs);
  });
});
