import getPort from "get-port";
import { apiServerCommand, type Command, etcdCommand, otherCommands } from "./arguments";
import { prepare } from "./files";
import { placesIn } from "./places";
import { controlPlane, type ControlPlanePrograms } from "./programs";
import { endPrograms, type RunningProgram, startProgram, stopPrograms } from "./running-program";
import { untilItAnswers, untilItWorks } from "./ready";

/** A running control plane with one node, whose kubelet is played by kwok. */
export interface ControlPlane {
  /** The file that reaches it, as its administrator; it needs no other file. */
  readonly kubeconfig: string;
  /** The API server's, on 127.0.0.1. */
  readonly port: number;
  /** The file of a kubectl of its version. */
  readonly kubectl: string;
  /** Stops all of it and waits until it is gone. The data stay. */
  stop(): Promise<void>;
}

/**
 * Starts etcd, an API server, the controllers, the scheduler and kwok on free ports of 127.0.0.1, and
 * waits until the node is ready. All of it ends with this program, if it was not stopped before.
 *
 * @param options.directory absolute, made if it is not there; gets the data, the kubeconfig and a log
 *   of each program. A later start in it finds the same objects
 * @throws PartError if the programs cannot be had, or if one of them does not start, with its last
 *   words
 */
export async function startControlPlane(options: { directory: string }): Promise<ControlPlane> {
  const programs = await controlPlane();
  const started: RunningProgram[] = [];
  try {
    return await start(programs, options.directory, started);
  } catch (error) {
    await endPrograms(started);
    throw error;
  }
}

/** @param started gets each program as it starts, so that what runs is known when the next fails */
async function start(
  programs: ControlPlanePrograms,
  directory: string,
  started: RunningProgram[],
): Promise<ControlPlane> {
  const run = async (command: Command) => {
    started.push(await startProgram(programs.files[command.name], command, directory));
  };
  const places = placesIn(directory);
  await prepare(directory, places);
  const [etcd, etcdPeers, apiServer] = [await getPort(), await getPort(), await getPort()];
  const ports = { etcd, etcdPeers, apiServer };
  await run(etcdCommand(places, ports));
  await run(apiServerCommand(places, ports));
  const { kubectl } = programs.files;
  await untilItAnswers(kubectl, places, apiServer, started);
  for (const command of otherCommands(places, programs)) await run(command);
  await untilItWorks(kubectl, places, started);
  const { kubeconfig } = places;
  return { kubeconfig, port: apiServer, kubectl, stop: () => stopPrograms(started) };
}
