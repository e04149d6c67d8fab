import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { serviceEnvironment } from "../../../components/rollout";
import { secretVersionAnnotation } from "../../../components/rollout/environment";
import { withAnnotation, withoutFormer } from "../../../components/rollout/values/annotation";
import {
  holds,
  readEnvironment,
  restoreEnvironment,
  writeEnvironment,
  type Place,
  type Standing,
} from "../../../components/rollout/values/values-file";
import { valuesFiles } from "./cases";

const names = {
  collections: { runs: "pack_runs", logs: "logs", artifacts: "pack artifacts", approvals: "yes" },
  connectionSecret: { name: "taskrunner-mongo", key: "connectionString" },
};
const inMongoMode = serviceEnvironment("worker", "mongo", names);
const withDatabase = serviceEnvironment("worker", "mongo", { ...names, database: "taskrunner" });

/** Outputs of a resource go through the state as JSON. */
const throughState = (standing: Standing) => JSON.parse(JSON.stringify(standing)) as Standing;

const modeBefore = (before: Standing, place: Place) =>
  before.entries.find(({ name }) => name === place.keys[0]);

const saidAnotherMode = (before: Standing, place: Place) => {
  const mode = modeBefore(before, place);
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
      const written = writeEnvironment(text, place, inMongoMode);
      expect(holds(written, place, inMongoMode)).toBe(true);
      expect(withoutOurs(written, place)).toEqual(withoutOurs(text, place));
    });
    fc.assert(property, runs);
  });

  it("a second cutover changes no byte, and the line ends stay those of the file", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const written = writeEnvironment(text, place, inMongoMode);
      expect(writeEnvironment(written, place, inMongoMode)).toBe(written);
      if (text.includes("\r\n")) expect(written.replaceAll("\r\n", "")).not.toContain("\n");
      else expect(written).not.toContain("\r");
    });
    fc.assert(property, runs);
  });

  it("a rollback gives the same bytes, also after a change of settings and a second time", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const before = throughState(readEnvironment(text, place));
      fc.pre(!saidAnotherMode(before, place));
      const first = writeEnvironment(text, place, inMongoMode);
      const second = writeEnvironment(first, place, withDatabase);
      expect(restoreEnvironment(first, place, before)).toBe(text);
      expect(restoreEnvironment(second, place, before)).toBe(text);
      expect(restoreEnvironment(text, place, before)).toBe(text);
    });
    fc.assert(property, runs);
  });

  it("the version of the Secret comes and goes beside it, and gives the same bytes", () => {
    const paths = fc.constantFrom("podAnnotations", "worker.podAnnotations");
    const property = fc.property(valuesFiles, paths, ({ text, place }, path) => {
      const before = throughState(readEnvironment(text, place));
      fc.pre(!saidAnotherMode(before, place));
      const { file } = place;
      const podAnnotation = { path, secretVersion: "1" };
      const cutover = writeEnvironment(text, place, inMongoMode);
      const { text: first, ...known } = withAnnotation(cutover, file, podAnnotation, {});
      const state = { podAnnotation, ...known };
      const second = withAnnotation(first, file, { path, secretVersion: "2" }, state);
      expect(withoutOurs(second.text, place)).toMatchObject(
        path === "podAnnotations"
          ? { podAnnotations: { [secretVersionAnnotation]: "2" } }
          : { worker: { podAnnotations: { [secretVersionAnnotation]: "2" } } },
      );
      const without = withoutFormer(second.text, file, state);
      expect(without).toBe(cutover);
      expect(restoreEnvironment(without, place, before)).toBe(text);
    });
    fc.assert(property, runs);
  });

  it("a rollback keeps what someone else wrote since, and puts ours back all the same", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const before = throughState(readEnvironment(text, place));
      const alone = before.vacancy?.depth === 0;
      fc.pre(!saidAnotherMode(before, place) && !alone && !/^(\uFEFF)?---/.test(text));
      const above = "# bumped\nsince: { the: cutover }\n";
      const written = writeEnvironment(text, place, inMongoMode).replace("\uFEFF", "");
      const restored = restoreEnvironment(above + written, place, before);
      expect(restored).toBe(above + text.replace("\uFEFF", ""));
    });
    fc.assert(property, runs);
  });

  it("a rollback never leaves a service in mongo mode", () => {
    const property = fc.property(valuesFiles, ({ text, place }) => {
      const before = throughState(readEnvironment(text, place));
      const written = writeEnvironment(text, place, inMongoMode);
      for (const known of [before, undefined]) {
        const restored = restoreEnvironment(written, place, known);
        const mode = modeBefore(readEnvironment(restored, place), place);
        const wanted = known && !modeBefore(before, place) ? "undefined" : "filesystem";
        expect(String(mode?.value).toLowerCase()).toBe(wanted);
        expect(withoutOurs(restored, place)).toEqual(withoutOurs(text, place));
      }
    });
    fc.assert(property, runs);
  });
});
