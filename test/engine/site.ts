import { join } from "node:path";
import { generateSample } from "../../tools/sample";
import { type BorrowedServer, borrowServer } from "../pool";
import { type EngineCluster, makeCluster } from "./cluster";
import { type TestStack, makeStack } from "./stack";

/** What a cutover needs: a stack with Pulumi's plugin for Kubernetes, MongoDB, a cluster, and runs in `state`. */
export interface Site {
  readonly stack: TestStack;
  readonly server: BorrowedServer;
  readonly cluster: EngineCluster;
  /** Gives all of it back. */
  readonly release: () => Promise<void>;
}

/**
 * @param runs the number of runs on disk
 * @param project the project's folder; default: this repository
 */
export async function makeSite(runs: number, project?: string): Promise<Site> {
  const stack = await makeStack("test", project, { kubernetes: true });
  const server = await borrowServer();
  const cluster = await makeCluster(stack.folder);
  await generateSample(join(stack.folder, "state"), { runs });
  const release = async () => {
    await cluster.controlPlane.release();
    await server.release();
    await stack.remove();
  };
  return { stack, server, cluster, release };
}
