import { cleanNode, prepareNode, type RealNode } from "../node/node";
import { freePort } from "../port";
import {
  apiServerCommand,
  controllerCommands,
  etcdCommand,
  kwokCommand,
  type ProgramCommand,
} from "./arguments";
import { type ClusterPaths, clusterPaths, prepare, readNote, removeNote, writeNote } from "./files";
import { controlPlane, type ControlPlanePrograms } from "./programs";
import {
  type CommandLine,
  endPrograms,
  isRunning,
  type RunningProgram,
  startProgram,
  stopPrograms,
} from "./running-program";
import { forgetLease, untilItAnswers, untilItWorks } from "./ready";

/** A running control plane with one node. */
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
  /** A real node, which needs root and Linux. Default: kwok plays one. */
  readonly node?: RealNode;
}

/**
 * Starts etcd, API server, controllers, scheduler and kwok or a real node on free ports of 127.0.0.1, and waits for
 * the node. An earlier control plane in the folder is stopped first.
 *
 * @throws PartError if programs are missing, or one does not start, with its last output
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { directory } = options;
  const programs = await controlPlane();
  await stopControlPlane(directory);
  const places = clusterPaths(directory);
  const started: RunningProgram[] = [];
  try {
    const port = await start(programs, places, options, started);
    return connectTo(programs, places, port);
  } catch (error) {
    await endPrograms(started, places.directory);
    await cleanNode(places.directory);
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
  await cleanNode(places.directory);
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
  { detached = false, node }: ControlPlaneOptions,
  started: RunningProgram[],
): Promise<number> {
  await prepare(places);
  const etcd = await freePort();
  const etcdPeers = await freePort();
  const apiServer = await freePort();
  const ports = { etcd, etcdPeers, apiServer };
  const run = async (command: ProgramCommand) => {
    await runLine(command.name, [programs.files[command.name], ...command.args]);
  };
  const runLine = async (name: RunningProgram["name"], line: CommandLine) => {
    const options = { directory: places.directory, detached };
    started.push(await startProgram(name, line, options));
    await writeNote(places, { port: apiServer, programs: started });
  };
  await run(etcdCommand(places, ports));
  await run(apiServerCommand(places, ports));
  const { kubectl } = programs.files;
  await untilItAnswers(kubectl, places, apiServer, started);
  await forgetLease(kubectl, places);
  for (const command of controllerCommands(places)) await run(command);
  if (node === undefined) await run(kwokCommand(places, programs));
  else await runLine("node", await prepareNode(node, places.directory, places.kubeconfig));
  await untilItWorks(kubectl, places, started);
  return apiServer;
}
