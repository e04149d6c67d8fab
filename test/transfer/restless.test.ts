import { expect, it } from "vitest";
import { openFile } from "../../components/transfer/import/open";
import type { Checkpoint } from "../../components/transfer/checkpoints";
import type { FoundFile } from "../../components/state";
import { writeState } from "./state";

const stamp = { size: 2, inode: 1, modified: 5_000, changed: 5_000, seen: 0 };

/** A run's file that is imported, with what it looked like then. */
async function opened(then: Partial<Checkpoint>, now = stamp) {
  const root = await writeState({ "r.json": "{}" });
  const path = `${root}/r.json`;
  const file: FoundFile = { role: "runs", path, name: "r.json", stem: "r", stamp: now };
  const checkpoint = {
    ...stamp,
    offset: 2,
    lines: 0,
    hash: "",
    complete: true,
    runId: "r",
    ...then,
  };
  return openFile({ file, checkpoint: checkpoint as Checkpoint, id: "r" });
}

it("a file that had not changed for two seconds when it was seen is not read again", async () => {
  expect(await opened({ seen: 7_000 })).not.toHaveProperty("bytes");
});

it.each([
  ["a file that had just been written", { seen: 6_999 }, {}],
  ["a file with another inode", { seen: 9_000 }, { inode: 2 }],
  ["a file whose owner or name changed", { seen: 9_000 }, { changed: 6_000 }],
])("%s is read again", async (_what, then, now) => {
  expect(await opened(then, { ...stamp, ...now })).toHaveProperty("start");
});
