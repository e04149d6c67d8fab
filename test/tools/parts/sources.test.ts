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

/** What is chosen of some ways, what is said meanwhile, and which ways were gone. */
async function chosen(...ways: readonly ((gone: string[]) => Source<string>)[]) {
  const said: string[] = [];
  const gone: string[] = [];
  const sources = ways.map((way) => way(gone));
  const tell = (line: string) => void said.push(line);
  const part = await choose("pulumi", notInstalled, sources, "Install Go", tell);
  return { part, said, gone };
}
const closed = (gone: string[]) => ({
  ...open("download", gone),
  closed: () => Promise.resolve("get.pulumi.com not reachable in 5 s"),
});
const build = (gone: string[]) => open("build", gone);

describe("the way to a part", () => {
  test("what is installed comes first, and no way is gone", async () => {
    const gone: string[] = [];
    const installed = () => Promise.resolve({ part: "installed" });
    expect(await choose("pulumi", installed, [open("download", gone)], "")).toBe("installed");
    expect(gone).toEqual([]);
  });

  test("a closed way is passed by, with the reasons so far in one line", async () => {
    expect(await chosen(closed, build)).toEqual({
      part: "build",
      said: ["pulumi: not on PATH; get.pulumi.com not reachable in 5 s; getting build"],
      gone: ["build"],
    });
  });

  test("what an earlier run got is taken without asking the network, whichever way it came", async () => {
    const asking = (gone: string[]) => ({
      ...open("download", gone),
      closed: () => Promise.resolve(void gone.push("network")),
    });
    const kept = (gone: string[]) => ({
      ...build(gone),
      kept: () => Promise.resolve("kept build"),
    });
    expect(await chosen(asking, kept)).toEqual({ part: "kept build", said: [], gone: [] });
  });

  test("a way that breaks on the way is left for the next one", async () => {
    const broken = () => ({
      ...open("download", []),
      get: () => Promise.reject(new Error("the archive is not whole")),
    });
    const { part, said } = await chosen(broken, build);
    expect(part).toBe("build");
    expect(said.at(-1)).toBe("pulumi: not on PATH; the archive is not whole; getting build");
  });

  test("where no way works, the error has every reason and says what to install", async () => {
    await expect(chosen(closed)).rejects.toThrow(
      "pulumi: not on PATH; get.pulumi.com not reachable in 5 s. Install Go",
    );
  });
});
