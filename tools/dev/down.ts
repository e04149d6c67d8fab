import { stopCluster } from "./kubernetes";
import { type Places, showPath } from "./places";
import { stopServer } from "./server";
import { makeCommand } from "./stacks";

/** Stops what `up` started. The data stay. */
export async function down(places: Places): Promise<void> {
  const cluster = await stopCluster(places);
  if (cluster)
    console.log(`stopped Kubernetes; its data stay in ${showPath(places, places.cluster)}`);
  const server = await stopServer(places);
  if (server !== undefined) {
    const data = showPath(places, places.mongoData);
    console.log(`stopped ${server.name} (process ${server.pid}); its data stay in ${data}`);
  }
  if (!cluster && server === undefined) {
    console.log(`nothing runs that \`${makeCommand("up", places.stack)}\` started`);
  }
}
