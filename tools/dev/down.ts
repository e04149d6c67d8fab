import type { Places } from "./places";
import { stopServer } from "./server";

/** Stops what `up` started. The data stay. */
export async function down(places: Places): Promise<void> {
  const stopped = await stopServer(places);
  console.log(
    stopped === undefined
      ? "nothing runs that `make up` started"
      : `stopped ${stopped.name} (process ${stopped.pid}); its data stay in .dev/mongo`,
  );
}
