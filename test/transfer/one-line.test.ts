import { mkdir } from "node:fs/promises";
import { Session } from "node:inspector";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { importState } from "../../components/transfer";
import { databasePerTest, sidesOf } from "./database";
import { logLine, oldState } from "./state";

const { sides, logs } = sidesOf(databasePerTest());

const mostFiles = 18;

it(`a log line passes at most ${mostFiles} files from the state directory to MongoDB`, async () => {
  const root = await oldState({ "logs/runs/r-1.ndjson": [logLine(1)] });
  for (const folder of Object.values(defaultFolders)) {
    await mkdir(join(root, folder), { recursive: true });
  }
  const session = new Session();
  session.connect();
  // When the import has looked at the directory and decided the forms, and begins to list runs.
  const watch = () => {
    session.post("Profiler.enable");
    session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  };
  const report = await importState({ ...sides(root), watch });
  const files = filesRun(session);
  session.disconnect();

  expect(report.logs.inserted).toBe(1);
  expect(await logs().countDocuments()).toBe(1);
  console.log(`A log line passes ${files.length} files.`);
  expect(files.length, files.join("\n")).toBeLessThanOrEqual(mostFiles);
});

/** A function that gives a module's export, as vitest writes it. */
const exportPattern = /^\(\) => \{ try \{ return [\w.]+ \} catch/;

/** The files of the components in which functions ran. */
function filesRun(session: Session): string[] {
  const files = new Set<string>();
  session.post("Debugger.enable");
  session.post("Profiler.takePreciseCoverage", (_, { result }) => {
    for (const { url, scriptId, functions } of result) {
      const [, file] = /\/(components\/.+\.ts)$/.exec(url) ?? [];
      if (file === undefined) continue;
      session.post("Debugger.getScriptSource", { scriptId }, (_, { scriptSource }) => {
        const ranges = functions.flatMap(({ ranges: [whole] }) => whole ?? []);
        const hasRun = ranges.some(({ count, startOffset, endOffset }) => {
          const text = scriptSource.slice(startOffset, endOffset);
          return count > 0 && !exportPattern.test(text);
        });
        if (hasRun) files.add(file);
      });
    }
  });
  return [...files].sort();
}
