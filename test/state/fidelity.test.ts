import { BSON } from "mongodb";
import fc from "fast-check";
import { expect, it } from "vitest";
import { check, convert } from "../../components/state/convert";
import { parseJson } from "../../components/state/json";
import { differingPaths, formatJson } from "../../components/state";
import { logLine, run } from "../transfer/state";

/** A record's document from its text on disk, and the same after its way through BSON. */
function bothDocuments(role: "runs" | "logs", text: string) {
  const disk = convert(role, parseJson(text), { runId: "r" });
  check(role, disk);
  return { disk, mongo: BSON.deserialize(BSON.serialize(disk), { promoteLongs: false }) };
}

const text = fc.string({ unit: "grapheme" });
const name = fc.oneof(text, fc.nat(30).map(String), fc.constantFrom("__proto__", "$a", "a.b"));
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  ),
}));
const object = fc.dictionary(name, value, { maxKeys: 5 });
const moment = fc.date({ min: new Date(0), max: new Date("9990-01-01"), noInvalidDate: true });
const orNull = <T>(there: fc.Arbitrary<T>) => fc.option(there, { nil: null });

const runOnDisk = fc
  .record({
    runId: text,
    plan: object,
    failurePolicy: object,
    steps: fc.array(object, { maxLength: 3 }),
    updatedAt: moment,
    tenantId: orNull(text),
    later: value,
  })
  .map((fields) => run("", fields));

const lineOnDisk = fc
  .record({
    sequence: fc.nat(),
    timestamp: moment,
    level: fc.constantFrom("trace", "INFO", 3),
    message: text,
    stepId: orNull(text),
    metadata: orNull(object),
  })
  .map((fields) => logLine(1, fields));

it("a run on disk is equal to the document that it becomes", () => {
  fc.assert(
    fc.property(runOnDisk, (fields) => {
      const { disk, mongo } = bothDocuments("runs", JSON.stringify(fields));
      expect(differingPaths("runs", disk, mongo)).toEqual([]);
      expect(mongo).toMatchObject({ _id: fields.runId, updatedAt: new Date(fields.updatedAt) });
    }),
    { numRuns: 500 },
  );
});

it("the plan of the document is the plan on disk, to the last digit and in its order", () => {
  fc.assert(
    fc.property(runOnDisk, (fields) => {
      const { disk } = bothDocuments("runs", JSON.stringify(fields));
      expect(formatJson(disk.plan)).toBe(formatJson(parseJson(JSON.stringify(fields.plan))));
    }),
  );
});

it("a log line on disk is equal to the document that it becomes", () => {
  fc.assert(
    fc.property(lineOnDisk, (fields) => {
      const { disk, mongo } = bothDocuments("logs", JSON.stringify(fields));
      expect(differingPaths("logs", disk, mongo)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

it("a run whose plan lost or gained anything is not equal to it", () => {
  fc.assert(
    fc.property(runOnDisk, value, (fields, other) => {
      const { disk } = bothDocuments("runs", JSON.stringify(fields));
      const { mongo } = bothDocuments("runs", JSON.stringify({ ...fields, plan: { other } }));
      const same = JSON.stringify(fields.plan) === JSON.stringify({ other });
      expect(differingPaths("runs", disk, mongo).length > 0).toBe(!same);
    }),
  );
});
