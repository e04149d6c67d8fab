import { expect, it } from "vitest";
import { KeyParts } from "../../components/transfer/key-parts";
import { logKey } from "../../components/state/keys";

const keys = (runId: string, many: number) =>
  Array.from({ length: many }, (_, at) => logKey(runId, String(at)));

it("a folder that is not there is named, with what to do", () => {
  const disk = new KeyParts("/nowhere/disk");
  const add = () => {
    for (const key of keys("a run ".repeat(100), 10_000)) disk.add(key);
  };
  expect(add).toThrow(
    /^Writing the keys to compare to \/nowhere\/disk-\d+ failed: ENOENT\..*TMPDIR/,
  );
});
