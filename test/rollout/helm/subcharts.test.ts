import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import { valuesFiles } from "../../../components/rollout/helm/files";
import { environmentOnTop } from "../../../components/rollout/helm/values";

let chart: string;

beforeEach(async () => {
  chart = await mkdtemp(join(tmpdir(), "chart-"));
});
afterEach(() => rm(chart, { recursive: true }));

const write = async (files: Readonly<Record<string, object>>) => {
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(chart, dirname(file)), { recursive: true });
    await writeFile(join(chart, file), stringify(content));
  }
};
/** The variables at a path, with one of ours on top. */
const onTop = (path: string) => {
  const { defaults = [] } = valuesFiles({ chart, values: [] });
  return environmentOnTop(defaults, { path }, [{ name: "Mode", value: "mongo" }]);
};

const utc = { name: "TZ", value: "UTC" };
const ours = { name: "Mode", value: "mongo" };

it("a subchart's own list is kept, by each of its aliases", async () => {
  await write({
    "Chart.yaml": {
      dependencies: [
        { name: "runner", alias: "worker" },
        { name: "runner", alias: "web" },
      ],
    },
    "charts/runner/values.yaml": { env: [utc] },
  });

  expect(onTop("worker.env")).toEqual([utc, ours]);
  expect(onTop("web.env")).toEqual([utc, ours]);
  expect(onTop("runner.env")).toEqual([ours]);
});

it("a subchart without an entry has its own name, and the chart's own values come over it", async () => {
  await write({
    "Chart.yaml": { name: "umbrella" },
    "values.yaml": { web: { env: [] } },
    "charts/web/values.yaml": { env: [utc] },
    "charts/worker/values.yaml": { env: [utc] },
    "charts/bare/Chart.yaml": { name: "bare" },
  });

  expect(onTop("worker.env")).toEqual([utc, ours]);
  expect(onTop("web.env")).toEqual([ours]);
});
