import { expect, it } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { oldState, run } from "./state";

const current = databasePerTest();
const { sides } = sidesOf(current);
const interrupted = new Error("interrupted");

/** A signal that is aborted once this many runs were looked at. */
function abortedAfter(runs: number): AbortSignal {
  const { signal } = new AbortController();
  let looked = 0;
  signal.throwIfAborted = () => {
    looked += 1;
    if (looked > runs) throw interrupted;
  };
  return signal;
}

const names = Array.from({ length: 600 }, (_, at) => `r${at}`);
const files = Object.fromEntries(names.map((name) => [`state/runs/${name}.json`, run(name)]));

it("an import that is interrupted finishes the runs at work, and the next one resumes", async () => {
  const root = await oldState(files);
  // A group has 256 runs.
  const first = importState({ ...sides(root), signal: abortedAfter(300) });
  await expect(first).rejects.toBe(interrupted);
  expect(await current.db.collection("pack_runs").countDocuments()).toBe(256);

  expect(await importState({ ...sides(root), signal: abortedAfter(600) })).toMatchObject({
    files: 600,
    unchangedFiles: 256,
    runs: importCounts(600, { inserted: 344, unchanged: 256 }),
  });
  await expect(verifyState({ ...sides(root), signal: abortedAfter(0) })).rejects.toBe(interrupted);
  expect(await verifyState(sides(root))).toMatchObject({ holds: true });
});
