import { mkdir, rename } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readCutoverRecord, writeCutoverRecord } from "../../components/state";
import { RollbackStack, sampleFiles, previewStep, runStep, upSecond } from "./rollback-stack";
import { addFiles } from "./state";

const stack = new RollbackStack();

/** What becomes of the state directory where its volume is not mounted, or is another one. */
const notTheState: readonly [string, (root: string) => Promise<unknown>, RegExp][] = [
  ["missing", () => Promise.resolve(), /is not a readable directory/],
  ["an empty mount point", (root) => mkdir(root), /has none of the directories/],
  [
    "without the record",
    (root) => addFiles(root, { "logs/runs/busy.ndjson": "" }),
    /has no cutover\.json/,
  ],
  [
    "with a damaged record",
    (root) => addFiles(root, { ...sampleFiles, "cutover.json": '{ "at": "2025' }),
    /cutover\.json .*export --all/,
  ],
  [
    "another cutover's",
    async (root) => {
      await addFiles(root, sampleFiles);
      await writeCutoverRecord(root, { at: "2025-11-06T12:00:00.000Z", unfinishedCount: 1 });
    },
    /cutover of 2025-11-06T12:00:00\.000Z/,
  ],
  [
    "without the volume of its runs",
    async (root) => {
      await addFiles(root, { "logs/runs/busy.ndjson": "" });
      const cutoverRecord = await readCutoverRecord(`${root}-unmounted`);
      if (cutoverRecord) await writeCutoverRecord(root, cutoverRecord);
    },
    /no run in state\/runs.* 2 unfinished/,
  ],
];

describe.each(notTheState)("a state directory that is %s", (_what, leave, words) => {
  it.each(["first", "second"])(
    "stops the %s handover of a rollback, and gets no file",
    async (which) => {
      const before = await stack.cutover();
      const second = await stack.finalPass(before);
      await stack.advance();
      await rename(stack.root, `${stack.root}-unmounted`);
      await leave(stack.root);
      const left = await stack.allFiles();
      for (const uri of [stack.server.uri, undefined]) {
        const refused =
          which === "first"
            ? runStep(before, stack.toFiles({ uri }))
            : upSecond(second, stack.second(before, { direction: "back", uri }));
        await expect(refused).rejects.toMatchObject({
          properties: { applied: false, direction: "forward" },
          reasons: [expect.stringMatching(words)],
        });
        expect(await stack.allFiles()).toEqual(left);
      }
      if (which === "second") return;
      await previewStep(before, stack.toFiles());
      expect(stack.printed).toContainEqual(
        expect.stringMatching(/^warning: .*\[stop: rollback-refused\]$/),
      );
      expect(stack.printed.join("\n")).toMatch(words);
    },
  );
});

it("a state without any run, ever, gets those that began in MongoDB", async () => {
  await addFiles(stack.root, { "logs/runs/none.ndjson": "" });
  const before = await runStep(undefined, stack.inputs());
  await stack.runs.insertOne({ _id: "late", planHash: "sha256:1" });
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({ exported: { runs: { written: 1 } } });
});
