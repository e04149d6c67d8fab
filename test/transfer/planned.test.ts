import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { unknownValue } from "../../components/step";
import { measureRuns } from "../../components/state";
import { providers } from "../../components/transfer/provider";
import { planned } from "../planned";
import { RollbackStack } from "./rollback-stack";
import { addFiles, logLine, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, FinalPass, FirstVerification, Handover, Verification } = providers;

beforeEach(async () => {
  await addFiles(stack.root, {
    "state/runs/r.json": run("r"),
    "state/runs/s.json": run("s"),
    "logs/runs/r.ndjson": Array.from({ length: 400 }, (_, at) => logLine(at + 1)),
  });
});

it("a preview of a bulk pass counts the runs on disk and their size", async () => {
  expect(await planned(BulkPass, stack.inputs())).toMatch(
    new RegExp(`^Import 2 runs, \\d\\d kB from ${stack.root}\\.$`),
  );
});

it("a preview of another bulk pass says that it imports what changed since, unless the server is another", async () => {
  const outs = (await BulkPass.create(stack.inputs())).outs as object;
  const second = stack.inputs({ cutover: 2 });

  expect(await planned(BulkPass, stack.inputs(), outs)).toBeUndefined();
  expect(await planned(BulkPass, second, outs)).toMatch(
    /^Import what changed in \S+ since the last import: it has 2 runs, \d\d kB\.$/,
  );
  const moved = stack.inputs({ cutover: 2, uri: unknownValue });
  expect(await planned(BulkPass, moved, outs)).toMatch(/^Import 2 runs, /);
});

it("a preview of a bulk pass in a Job does not look for the files", async () => {
  const inputs = stack.inputs({ job: {}, root: "claim runs/state" });

  expect(await planned(BulkPass, { ...inputs, takenOver: unknownValue })).toBe(
    "Import the runs in claim runs/state by a Job, which counts them.",
  );
});

it("a preview of services that the stack takes over imports nothing, if that is known or not", async () => {
  const takenOver = "2026-11-25T09:00:00.000Z";
  expect(await planned(BulkPass, stack.inputs({ takenOver }))).toBeUndefined();
  expect(await planned(BulkPass, stack.inputs({ takenOver: unknownValue }))).toMatch(/^Import 2 /);
  await addFiles(stack.root, { "cutover.json": { at: takenOver, unfinishedCount: 0 } });
  expect(await planned(BulkPass, stack.inputs({ takenOver: unknownValue }))).toBeUndefined();
});

it("a preview of a rollback says what the bulk pass exports, if a cutover is in force", async () => {
  const outs = (await BulkPass.create(stack.inputs())).outs as object;

  expect(await planned(BulkPass, stack.toFiles())).toBeUndefined();
  expect(await planned(BulkPass, stack.toFiles(), outs)).toBeUndefined();
  await addFiles(stack.root, {
    "cutover.json": { at: "2026-11-25T09:00:00.000Z", unfinishedCount: 0 },
  });
  expect(await planned(BulkPass, stack.toFiles(), outs)).toBe(
    `Export what changed in MongoDB to ${stack.root}, before the worker stops.`,
  );
});

it("a preview of a first verification says how long the last import of changes took", async () => {
  const inputs = stack.toVerifyFirst({ acceptQuarantined: "0000000000000000" });
  const text = "Verify the import, then import what changed meanwhile";

  expect(await planned(FirstVerification, inputs)).toBe(`${text}.`);
  expect(await planned(FirstVerification, { ...inputs, importedAt: unknownValue })).toBe(
    `${text}.`,
  );
  const before = { ...inputs, applied: true, report: { firstVerification: { importMs: 6_000 } } };
  expect(await planned(FirstVerification, { ...inputs, cutover: 2 }, before)).toBe(
    `${text}: 6.0 s last time, for which the worker will stop too.`,
  );
  expect(await planned(FirstVerification, { ...inputs, importedAt: undefined })).toBeUndefined();
});

it("a preview of the later passes says what each of them does, and which cutover it records or ends", async () => {
  const cutoverAt = "2026-11-25T09:00:00.000Z";
  const takenOver = { takenOver: cutoverAt };
  expect(await planned(Handover, stack.inputs())).toBe(
    "Import the rest, and record cutover 1: then MongoDB is the source of truth.",
  );
  expect(await planned(Handover, stack.inputs(takenOver))).toBeUndefined();
  expect(await planned(FinalPass, stack.inputs())).toBe(
    "Import what web wrote to files meanwhile.",
  );
  expect(await planned(FinalPass, stack.inputs(takenOver))).toBeUndefined();
  expect(await planned(Verification, stack.inputs())).toBe(
    "Verify that MongoDB has every record on disk.",
  );

  const end = "Export the rest, and end cutover 1.";
  const web = "Export what web wrote to MongoDB meanwhile.";
  const handedOver = { ...stack.inputs(), applied: true, cutoverRecord: { at: cutoverAt } };
  const unknown = stack.toFiles({ cutoverAt: unknownValue });
  expect(await planned(Handover, stack.toFiles())).toBeUndefined();
  expect(await planned(Handover, stack.toFiles(), handedOver)).toBe(end);
  expect(await planned(FinalPass, stack.toFiles())).toBeUndefined();
  expect(await planned(FinalPass, unknown)).toBeUndefined();
  expect(await planned(FinalPass, stack.toFiles({ cutoverAt }))).toBe(web);
  expect(await planned(FinalPass, { ...unknown, job: {} })).toBe(web);
  await addFiles(stack.root, { "cutover.json": { at: cutoverAt, unfinishedCount: 0 } });
  expect(await planned(Handover, stack.toFiles())).toBe(end);
  expect(await planned(FinalPass, unknown)).toBe(web);
});

it("a count of runs ends after its time, and says so", async () => {
  const address = { root: stack.root, folders: stack.inputs().folders };
  await mkdir(join(stack.root, "artifacts"));
  expect(await measureRuns(address)).toMatchObject({
    runs: 2,
    bytes: expect.any(Number) as number,
  });
  expect(await measureRuns(address, -1)).toEqual({ runs: 2, isMore: true });
  const start = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValueOnce(start).mockReturnValueOnce(start);
  clock.mockReturnValue(start + 10_000);
  expect(await measureRuns(address)).toEqual({ runs: 2 });
  clock.mockRestore();
});
