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

/** A running control plane with one node, played by kwok. */
export interface ControlPlane {
  /** The administrator's kubeconfig, self-contained. */
  readonly kubeconfig: string;
  /** The API server's, on 127.0.0.1. */
  readonly port: number;
  /** A kubectl of its version. */
  readonly kubectl: string;
  /** Stops it and waits until it is gone; keeps the data. */
  stop(): Promise<void>;
}

/** Options of a control plane. */
export interface ControlPlaneOptions {
  /**
   * Absolute, created if missing; holds the data, the kubeconfig and each program's log. A later start finds the
   * same objects.
   */
  readonly directory: string;
  /** Whether it outlives this program; default: false. */
  readonly detached?: boolean;
}

/**
 * Starts etcd, API server, controllers, scheduler and kwok on free ports of 127.0.0.1, and waits for the node. An
 * earlier control plane in the folder is stopped first.
 *
 * @throws PartError if programs are missing, or one does not start, with its last output
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

/** The control plane that runs in a folder, whoever started it; undefined unless it is complete. */
export async function runningControlPlane(directory: string): Promise<ControlPlane | undefined> {
  const places = clusterPaths(directory);
  const note = await readNote(places);
  if (note === undefined) return undefined;
  const programs = await controlPlane();
  // The client is not a server.
  if (note.programs.length !== Object.keys(programs.files).length - 1) return undefined;
  for (const program of note.programs) {
    if (!(await isRunning(program, places.directory))) return undefined;
  }
  return connectTo(programs, places, note.port);
}

/**
 * Stops a control plane in a folder, whoever started it, and waits until it is gone; keeps the data.
 *
 * @returns whether anything ran
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

/** @param started collects each started program, for a failure of the next */
async function start(
  programs: ControlPlanePrograms,
  places: ClusterPaths,
  detached: boolean,
  started: RunningProgram[],
): Promise<number> {
  await prepare(places);
  const etcd = await getPort();
  const etcdPeers = await getPort();
  const apiServer = await getPort();
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
