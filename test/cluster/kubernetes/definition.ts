import { cp } from "node:fs/promises";
import { join } from "node:path";
import { findModule } from "../../../tools/parts/go";
import { repository } from "../../../tools/parts";

const name = "mongodbcommunity.mongodb.com_mongodbcommunity.yaml";

/**
 * The file with the definition of `MongoDBCommunity`, its validation included, in the Go module of
 * MongoDB's earlier operator.
 */
export async function definition(): Promise<string> {
  const module = "github.com/mongodb/mongodb-kubernetes-operator";
  const folder = await findModule("mongodb-operator", module);
  if (folder === undefined) throw new Error(`go cannot get the module ${module}`);
  return join(folder, "config", "crd", "bases", name);
}

/** Makes a chart in a folder that has the definition, and an operator that does nothing. */
export async function operatorChart(folder: string): Promise<string> {
  const chart = join(folder, "mongodb-kubernetes");
  await cp(join(repository, "test/cluster/operator-chart"), chart, { recursive: true });
  await cp(await definition(), join(chart, "crds", name));
  return chart;
}
