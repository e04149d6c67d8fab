import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type RawText, readTexts } from "../../components/state";
import { writeState } from "../transfer/state";

async function readLog(content: string | Buffer): Promise<RawText[]> {
  const root = await writeState({});
  const path = join(root, "r.ndjson");
  await writeFile(path, content);
  const texts: RawText[] = [];
  for await (const chunk of readTexts({ role: "logs", path })) {
    texts.push(...chunk);
  }
  return texts;
}

const texts = (lines: RawText[]) => lines.map(({ bytes }) => bytes?.toString());

it("lines come without byte order mark and line ends, with their number and position", async () => {
  const lines = await readLog('\ufeff{"a":1}\r\n{"b":"é"}\n\n{"c":3}\n');
  expect(texts(lines)).toEqual(['{"a":1}', '{"b":"é"}', "", '{"c":3}']);
  expect(lines.map(({ line, offset, length, ended }) => [line, offset, length, ended])).toEqual([
    [1, 0, 12, true],
    [2, 12, 11, true],
    [3, 23, 1, true],
    [4, 24, 8, true],
  ]);
});

it("a last line without a line end is not ended", async () => {
  const lines = await readLog('{"a":1}\n{"b"');
  expect(lines.at(-1)).toMatchObject({ line: 2, offset: 8, length: 4, ended: false });
});

it("lines that lie across chunks of the file come whole", async () => {
  const long = Array.from({ length: 50 }, (_, at) => String(at).repeat(40_000));
  const lines = await readLog(long.join("\r\n") + "\r\n");
  expect(texts(lines)).toEqual(long);
  expect(lines.at(-1)?.offset).toBe(
    long.slice(0, -1).reduce((sum, line) => sum + line.length + 2, 0),
  );
});

it("a line that is too long is passed over and counted, and the next one is read", async () => {
  const tooLong = 64 * 1024 * 1024 + 1;
  const lines = await readLog(
    Buffer.concat([Buffer.alloc(tooLong - 1, "x"), Buffer.from("\n{}\n")]),
  );
  expect(lines).toMatchObject([
    { bytes: undefined, length: tooLong, line: 1, ended: true },
    { length: 3, offset: tooLong, line: 2 },
  ]);
});

it("an empty log has no lines", async () => {
  expect(await readLog("")).toEqual([]);
});
