import { expect, it } from "vitest";
import { type RawText, objectIn, sequenceIn, sequenceOfLine } from "../../components/state";

const lineOf = (json: string): RawText => {
  const bytes = Buffer.from(json);
  return { bytes, offset: 0, length: bytes.length, ended: true };
};

it.each([
  ['{"sequence":7,"message":"m"}', 7],
  ['{"message":"m","sequence":7}', 7],
  ['{"message":"{","sequence":7}', 7],
  ['{"message":"a, \\"sequence\\":5, b","sequence":7}', 7],
  ['{"message":"x","metadata":{"a":"b"},"sequence":7}', 7],
  ['{"sequence":7,"metadata":{"sequence":9}}', 7],
  ['{"metadata":{"sequence":9},"message":"m"}', undefined],
  ['{"metadata":{"a":1,"sequence":9}}', undefined],
  ['{"message":"no sequence"}', undefined],
  ['{"sequence":"7"}', 7],
  ['{"sequence":-3}', -3],
  ['{"sequence":7.5}', undefined],
  ['{"sequence": 7 }', 7],
  ['{"Sequence":7}', 7],
  ['{"sequence":1,"sequence":2}', 2],
  ['[{"sequence":7}]', undefined],
  ['{"sequence":7,', undefined],
  ["", undefined],
])("the sequence of %s is what parsing finds", (json, sequence) => {
  const line = lineOf(json);
  expect(sequenceOfLine(line)?.toNumber()).toBe(sequence);
  expect(sequenceOfLine(line)).toEqual(sequenceIn(objectIn(line)));
});

it("a sequence of more digits than a number holds exactly is not rounded", () => {
  const line = lineOf('{"sequence":9007199254740993}');
  expect(sequenceOfLine(line)?.toString()).toBe("9007199254740993");
});
