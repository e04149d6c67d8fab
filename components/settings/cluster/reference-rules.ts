import { runsAsJobs } from "../job-rules";
import type { Problem } from "../problems";
import type { Settings } from "../schema";

/** The rules of a stack whose cluster is another one's. */
export function referenceRules(settings: Settings): Problem[] {
  const { cluster, mongo } = settings;
  if (cluster.kind !== "stackReference") return [];
  const hidden = runsAsJobs(settings) && mongo.database === undefined;
  return [
    ...(settings.storageMode === "mongo" ? givenTwice(settings, cluster.stack) : []),
    ...(hidden
      ? [
          {
            key: "mongo.database",
            found: "nothing, and the Jobs do not read the other stack's outputs",
            allowed: "the database's name",
          },
        ]
      : []),
  ];
}

/** On the way back `mongoUri` may say where to export from; in a cutover two would be one too many. */
function givenTwice(settings: Settings, stack: string): Problem[] {
  return (["mongoUri", "appMongoUri"] as const)
    .filter((key) => settings[key] !== undefined)
    .map((key) => ({
      key,
      found: "a connection string, and cluster.kind is stackReference",
      allowed: `absent: it is an output of stack ${stack}`,
    }));
}
