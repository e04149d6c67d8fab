import type { Break } from "./breaks";

/** What is seen of files, and how they are replaced. */
export const fileBreaks: readonly Break[] = [
  {
    guarantee: "an export leaves a file alone that changed to one of its length and date",
    file: "components/state/publish.ts",
    find: '[ino, size, mtimeNs, ctimeNs].join(":")',
    replace: '[ino, size, mtimeNs].join(":")',
    tests: ["test/state/publish.test.ts > with its length and its date is left alone"],
  },
  {
    guarantee: "nobody writes a file between an export's last look and its rename",
    file: "components/state/publish.ts",
    find: "replaceFile(tempPath, path, read);",
    replace: `(await readStamp(path)) === read &&
          (await fs.rename(tempPath, path).then(() => true));`,
    tests: ["test/state/publish.test.ts > right after the last look is not lost"],
  },
  {
    guarantee: "a file that was written again with its length and its date is read again",
    file: "components/state/runs.ts",
    find: '["size", "inode", "modified", "changed"]',
    replace: '["size", "inode", "modified"]',
    tests: ["test/transfer/resume.test.ts > with its length and its date is imported again"],
  },
  {
    guarantee: "a volume that hangs stops no timer",
    file: "components/state/look.ts",
    find: "if (started - triedAt >= untriedMs) {",
    replace: "if (started < 0) {",
    tests: ["test/state/list.test.ts > in the pool only, so that timers go on"],
  },
  {
    guarantee: "an import's list of quarantined records is whole beside another import",
    file: "components/transfer/import/quarantine.ts",
    find: "this.tempPath = temporaryPath(path);",
    replace: "this.tempPath = `${path}.tmp`;",
    tests: ["test/transfer/quarantine.test.ts > at the same time each leave a whole list"],
  },
];
