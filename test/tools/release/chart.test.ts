import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it } from "vitest";
import { helm } from "../../../tools/parts";
import { packChart } from "../../../tools/release/chart";

// A build takes minutes, more than a test has.
beforeAll(() => helm());

it("packs the chart with the release's version", async () => {
  const folder = await mkdtemp(join(tmpdir(), "chart-"));
  await packChart("1.2.3", folder);
  const packed = join(folder, "task-runner-1.2.3.tgz");
  const { stdout } = await execa(await helm(), ["show", "chart", packed]);
  await rm(folder, { recursive: true });

  expect(stdout).toMatch(/^version: 1\.2\.3$/m);
});
