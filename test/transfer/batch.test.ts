import { expect, it } from "vitest";
import { batches, type FileRecords } from "../../components/transfer/disk/batches";

/** What a file gives at once: so many records of so many bytes each. */
function given(records: number, bytes: number): FileRecords {
  const all = Array.from({ length: records }, (_one, at) => ({ key: String(at), bytes }));
  return { records: all } as unknown as FileRecords;
}

/** The number of records of each batch, and how much was read by the time it came. */
async function gathered(...files: FileRecords[]) {
  let read = 0;
  const source = async function* () {
    for (const file of files) {
      read += 1;
      yield await Promise.resolve(file);
    }
  };
  const seen: { records: number; read: number }[] = [];
  for await (const { records } of batches(source())) seen.push({ records: records.length, read });
  return seen;
}

it("a batch with 768 KiB goes at once, and a large record does not join a smaller one", async () => {
  const large = 768 * 1024;
  expect(await gathered(given(1, large), given(1, 1), given(1, large), given(1, 1))).toEqual([
    { records: 1, read: 1 },
    { records: 1, read: 3 },
    { records: 1, read: 3 },
    { records: 1, read: 4 },
  ]);
});
