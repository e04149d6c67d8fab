import { globSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { repository } from "../../tools/parts";

it("each pattern of Stryker's scopes names modules, and each of its tests' patterns tests", async () => {
  const folder = join(repository, "tools/stryker");
  const { scopes } = (await import(join(folder, "scopes.mjs"))) as {
    scopes: Record<string, { files: string[]; tests: string }>;
  };
  for (const { files, tests } of Object.values(scopes)) {
    const { default: config } = (await import(join(folder, `${tests}.vitest.mts`))) as {
      default: { test: { include: string[]; exclude?: string[] } };
    };
    const { include, exclude = [] } = config.test;
    for (const pattern of [...files, ...include, ...exclude]) {
      expect(globSync(pattern, { cwd: repository }), pattern).not.toEqual([]);
    }
  }
});
