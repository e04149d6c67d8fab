import { expect, it } from "vitest";
import { isImported } from "../../components/transfer/disk/file";
import type { Checkpoint } from "../../components/transfer/checkpoints";
import type { FoundFile } from "../../components/state";

const stat = { size: 2, inode: 1, modified: 5_000, changed: 5_000, seen: 0 };

/** Whether a run's file that was imported is read again, by what it looked like then. */
function isRead(then: Partial<Checkpoint>, now = stat): boolean {
  const file: FoundFile = { role: "runs", path: "", name: "r.json", baseName: "r", stat: now };
  const checkpoint = {
    ...stat,
    offset: 2,
    lines: 0,
    hash: "",
    complete: true,
    runId: "r",
    ...then,
  };
  return !isImported({ file, checkpoint: checkpoint as Checkpoint, id: "r" });
}

it("a file that had not changed for two seconds when it was seen is not read again", () => {
  expect(isRead({ seen: 7_000 })).toBe(false);
});

it.each([
  ["a file that had just been written", { seen: 6_999 }, {}],
  ["a file with another inode", { seen: 9_000 }, { inode: 2 }],
  ["a file whose owner or name changed", { seen: 9_000 }, { changed: 6_000 }],
])("%s is read again", (_what, then, now) => {
  expect(isRead(then, { ...stat, ...now })).toBe(true);
});
