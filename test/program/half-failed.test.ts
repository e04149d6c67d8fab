import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lifeForTests } from "./life";

const life = lifeForTests();
const bad = () => join(life.root, "state", "approvals", "bad.json");

describe("a cutover whose verification fails", () => {
  it("says what is missing", async () => {
    await writeFile(bad(), "this is no JSON\n");
    await life.configure({});
    const up = await life.stack.up();

    expect(up.failed).toBe(true);
    expect(up.output).toContain("Verification (taskrunner-verification)");
    expect(up.output).toContain("bad.json");
    expect(await life.modes()).toEqual(["mongo", "mongo"]);
  });

  it("is rolled back with the server stopped", async () => {
    await life.server.stop();
    await life.configure({ storageMode: "filesystem" });

    // What an unfinished step has is not known in a preview.
    expect(await life.stack.preview()).toMatchObject({ failed: false });
    const up = await life.stack.up();
    expect(up.failed, up.output).toBe(false);
    expect(up.output).toContain("[not-exported]");
    expect(await life.stack.outputs()).toMatchObject({ verification: { runs: 5 } });
    expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
  });

  it("is done again, and finished, once the record is fixed", async () => {
    await rm(bad());
    await life.server.start();
    await life.configure({});

    expect(await life.stack.up()).toMatchObject({ failed: false });
    expect(await life.stack.outputs()).toMatchObject({ verification: { holds: true } });
  });
});
