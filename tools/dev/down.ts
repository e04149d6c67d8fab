import { stopCluster } from "./kubernetes";
import { type Places, shown } from "./places";
import { stopServer } from "./server";
import { makeCommand } from "./stacks";

/** Stops what `up` started. The data stay. */
export async function down(places: Places): Promise<void> {
  const cluster = await stopCluster(places);
  if (cluster) console.log(`stopped Kubernetes; its data stay in ${shown(places, places.cluster)}`);
  const server = await stopServer(places);
  if (server !== undefined) {
    const data = shown(places, places.mongoData);
    console.log(`stopped ${server.name} (process ${server.pid}); its data stay in ${data}`);
  }
  if (!cluster && server === undefined) {
    console.log(`nothing runs that \`${makeCommand("up", places.stack)}\` started`);
  }
}
