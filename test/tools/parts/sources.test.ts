import { describe, expect, test } from "vitest";
import { choose, type Source } from "../../../tools/parts/sources";

/** A way that works, and notes that it was gone. */
function open(part: string, gone: string[]): Source<string> {
  return {
    kept: () => Promise.resolve(undefined),
    closed: () => Promise.resolve(undefined),
    doing: `getting ${part}`,
    get: () => {
      gone.push(part);
      return Promise.resolve(part);
    },
  };
}

const notInstalled = () => Promise.resolve({ missing: "not on PATH" });

describe("the way to a part", () => {
  test("what is installed comes first, and nothing is said", async () => {
    const said: string[] = [];
    const gone: string[] = [];
    const installed = () => Promise.resolve({ part: "installed" });
    const part = await choose("pulumi", installed, [open("download", gone)], "", (line) =>
      said.push(line),
    );
    expect(part).toBe("installed");
    expect([said, gone]).toEqual([[], []]);
  });

  test("a closed way is passed by, with the reasons so far in one line", async () => {
    const said: string[] = [];
    const gone: string[] = [];
    const closed = {
      ...open("download", gone),
      closed: () => Promise.resolve("get.pulumi.com not reachable in 5 s"),
    };
    const part = await choose("pulumi", notInstalled, [closed, open("build", gone)], "", (line) =>
      said.push(line),
    );
    expect(part).toBe("build");
    expect(gone).toEqual(["build"]);
    expect(said).toEqual([
      "pulumi: not on PATH; get.pulumi.com not reachable in 5 s; getting build",
    ]);
  });

  test("what an earlier run got is taken without asking the network, whichever way it came", async () => {
    const asked: string[] = [];
    const download = {
      ...open("download", []),
      closed: () => {
        asked.push("network");
        return Promise.resolve(undefined);
      },
    };
    const kept = { ...open("build", []), kept: () => Promise.resolve("kept build") };
    expect(await choose("pulumi", notInstalled, [download, kept], "")).toBe("kept build");
    expect(asked).toEqual([]);
  });

  test("a way that breaks on the way is left for the next one", async () => {
    const said: string[] = [];
    const broken = {
      ...open("download", []),
      get: () => Promise.reject(new Error("the archive is not whole")),
    };
    const part = await choose("pulumi", notInstalled, [broken, open("build", [])], "", (line) =>
      said.push(line),
    );
    expect(part).toBe("build");
    expect(said.at(-1)).toBe("pulumi: not on PATH; the archive is not whole; getting build");
  });

  test("where no way works, the error has every reason and says what to install", async () => {
    const closed = { ...open("build", []), closed: () => Promise.resolve("no go on PATH") };
    await expect(choose("pulumi", notInstalled, [closed], "Install Go")).rejects.toThrow(
      "pulumi: not on PATH; no go on PATH. Install Go",
    );
  });
});
