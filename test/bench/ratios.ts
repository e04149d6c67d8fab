import { MongoClient } from "mongodb";
import type { MongoServer } from "../../tools/parts";
import { leastOfDriver, leastOfMongoimport, type Bar } from "./bars";
import { requireAllRecords } from "./curve";
import type { Input } from "./inputs";
import { hasMongoimport, measure, mongoimport } from "./run";
import { logsWithIndexes } from "./sides";
import { median, printTable, formatWhole } from "./table";

const rounds = 3;
const pipeline = "the pipeline";
const driver = "the driver alone";

/**
 * The pipeline's rate relative to the driver alone, which has the same documents in memory, and to mongoimport if it
 * is on PATH. They take turns, so that load on the machine affects all alike.
 */
export async function measureRatios(input: Input, server: MongoServer): Promise<Bar[]> {
  const times = new Map<string, number[]>();
  const add = (name: string, ms: number) => times.set(name, [...(times.get(name) ?? []), ms]);
  const others = await hasMongoimport();
  const prepare = (database: string) => prepareServer(server, database);
  for (let round = 1; round <= rounds; round += 1) {
    add(
      pipeline,
      requireAllRecords(input, await measure("pipeline", input.root, server)).elapsedMs,
    );
    add(driver, requireAllRecords(input, await measure("driver", input.root, server)).elapsedMs);
    if (!others) continue;
    add("mongoimport", await mongoimport(input.root, server, prepare));
    add("mongoimport -j 4", await mongoimport(input.root, server, prepare, ["-j", "4"]));
  }
  const ours = median(times.get(pipeline) ?? []);
  const ratios = [...times].map(([name, ms]) => [name, median(ms) / ours, median(ms)] as const);
  printTable(
    `${input.name} into ${server.name}, median of ${rounds} rounds (to reach: ${leastOfDriver} of ` +
      `the driver, ${leastOfMongoimport} of mongoimport${others ? "" : ", which is not on PATH"})`,
    [
      ["", "lines/s", "the pipeline is so many times as fast"],
      ...ratios.map(([name, ratio, ms]) => [
        name,
        formatWhole((input.records * 1_000) / ms),
        ratio.toFixed(2),
      ]),
    ],
  );
  return ratios
    .filter(([name]) => name !== pipeline)
    .map(([name, ratio]) => ({
      what: `the pipeline's speed against ${name}`,
      found: ratio,
      atLeast: name === driver ? leastOfDriver : leastOfMongoimport,
    }));
}

async function prepareServer(server: MongoServer, database: string): Promise<void> {
  const client = await new MongoClient(server.uri).connect();
  await logsWithIndexes(client.db(database)).finally(() => client.close());
}
