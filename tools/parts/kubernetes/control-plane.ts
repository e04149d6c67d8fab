import getPort from "get-port";
import { apiServerCommand, type ProgramCommand, etcdCommand, otherCommands } from "./arguments";
import { type ClusterPaths, clusterPaths, prepare, readNote, removeNote, writeNote } from "./files";
import { controlPlane, type ControlPlanePrograms } from "./programs";
import {
  endPrograms,
  isRunning,
  type RunningProgram,
  startProgram,
  stopPrograms,
} from "./running-program";
import { forgetLease, untilItAnswers, untilItWorks } from "./ready";

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

/** How a control plane is started. */
export interface ControlPlaneOptions {
  /**
   * Absolute, made if it is not there; gets the data, the kubeconfig and a log of each program. A
   * later start in it finds the same objects.
   */
  readonly directory: string;
  /** It outlives this program. Default: false, all of it ends when this program ends. */
  readonly detached?: boolean;
}

/**
 * Starts etcd, an API server, the controllers, the scheduler and kwok on free ports of 127.0.0.1, and
 * waits until the node is ready. What is left of an earlier one in the folder is stopped first.
 *
 * @throws PartError if the programs cannot be had, or if one of them does not start, with its last
 *   words
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory, detached = false } = options;
  const programs = await controlPlane();
  await stopControlPlane(directory);
  const places = clusterPaths(directory);
  const started: RunningProgram[] = [];
  try {
    const port = await start(programs, places, detached, started);
    return connectTo(programs, places, port);
  } catch (error) {
    await endPrograms(started, places.directory);
    await removeNote(places);
    throw error;
  }
}

/** The control plane that runs in a folder, whoever started it; undefined unless all of it runs. */
export async function runningControlPlane(directory: string): Promise<ControlPlane | undefined> {
  const places = clusterPaths(directory);
  const note = await readNote(places);
  if (note === undefined) return undefined;
  const programs = await controlPlane();
  // The client is the one program that does not run on.
  if (note.programs.length !== Object.keys(programs.files).length - 1) return undefined;
  for (const program of note.programs) {
    if (!(await isRunning(program, places.directory))) return undefined;
  }
  return connectTo(programs, places, note.port);
}

/**
 * Stops what runs of a control plane in a folder, whoever started it, and waits until it is gone. The
 * data stay.
 *
 * @returns whether something ran
 */
export async function stopControlPlane(directory: string): Promise<boolean> {
  const places = clusterPaths(directory);
  const { programs } = (await readNote(places)) ?? { programs: [] };
  const stopped = await stopPrograms(programs, places.directory);
  await removeNote(places);
  return stopped > 0;
}

function connectTo(
  { files }: ControlPlanePrograms,
  places: ClusterPaths,
  port: number,
): ControlPlane {
  const { directory, kubeconfig } = places;
  const stop = async () => {
    await stopControlPlane(directory);
  };
  return { kubeconfig, port, kubectl: files.kubectl, stop };
}

/** @param started gets each program as it starts, so that what runs is known when the next fails */
async function start(
  programs: ControlPlanePrograms,
  places: ClusterPaths,
  detached: boolean,
  started: RunningProgram[],
): Promise<number> {
  await prepare(places);
  const [etcd, etcdPeers, apiServer] = [await getPort(), await getPort(), await getPort()];
  const ports = { etcd, etcdPeers, apiServer };
  const run = async (command: ProgramCommand) => {
    const options = { directory: places.directory, detached };
    started.push(await startProgram(programs.files[command.name], command, options));
    await writeNote(places, { port: apiServer, programs: started });
  };
  await run(etcdCommand(places, ports));
  await run(apiServerCommand(places, ports));
  const { kubectl } = programs.files;
  await untilItAnswers(kubectl, places, apiServer, started);
  await forgetLease(kubectl, places);
  for (const command of otherCommands(places, programs)) await run(command);
  await untilItWorks(kubectl, places, started);
  return apiServer;
}
