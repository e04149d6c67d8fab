import { expect, it } from "vitest";
import type { FileRecords } from "../../../components/transfer/import/file-records";
import { batches } from "../../../components/transfer/import/pipeline";
import type { CollectionRole } from "../../../components/contract";

/** What a file gives at once: so many records of so many bytes each. */
function given(records: number, bytes: number, role: CollectionRole = "logs"): FileRecords {
  const all = Array.from({ length: records }, (_one, at) => ({ key: String(at), bytes }));
  return { role, records: all } as unknown as FileRecords;
}

/** How many records each batch has, and how much was read by the time it came. */
async function gathered(...files: FileRecords[]) {
  let read = 0;
  const source = async function* () {
    for (const file of files) {
      read += 1;
      yield await Promise.resolve(file);
    }
  };
  const seen: { role: CollectionRole; records: number; read: number }[] = [];
  for await (const { role, records } of batches(source())) {
    seen.push({ role, records: records.length, read });
  }
  return seen;
}

it("a batch with 1,000 records goes before anything more is read", async () => {
  expect(await gathered(given(600, 1), given(400, 1), given(5, 1))).toEqual([
    { role: "logs", records: 1_000, read: 2 },
    { role: "logs", records: 5, read: 3 },
  ]);
});

it("a batch with 512 KiB goes at once, and a large record does not join a smaller one", async () => {
  const large = 512 * 1024;
  expect(await gathered(given(1, large), given(1, 1), given(1, large), given(1, 1))).toEqual([
    { role: "logs", records: 1, read: 1 },
    { role: "logs", records: 1, read: 3 },
    { role: "logs", records: 1, read: 3 },
    { role: "logs", records: 1, read: 4 },
  ]);
});

it("a batch has records of one collection", async () => {
  expect(await gathered(given(1, 1, "runs"), given(1, 1, "runs"), given(2, 1))).toEqual([
    { role: "runs", records: 2, read: 3 },
    { role: "logs", records: 2, read: 3 },
  ]);
});
