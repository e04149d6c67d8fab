import { join } from "node:path";
import { defaultFolders } from "../../components/contract";
import { serviceEnvironment, type Service } from "../../components/rollout";
import { type ImageContent, nodeLayer, ownKubelet } from "../../tools/parts";
import { bundled } from "../bundled";
import type { Image } from "../kubelet";
import type { Folders } from "./file-store";
import { folders } from "./settings";

/**
 * Both services' images for the tests' kubelet, by the names that `standInValues` gives them.
 *
 * @param folder where the program goes that they run
 */
export async function standInImages(folder: string): Promise<Map<string, Image>> {
  const program = [process.execPath, await bundled("test/stand-in/main.ts", folder)];
  const image = (service: Service) =>
    [`${repositoryOf(service)}:${tag}`, { entrypoint: [...program, service] }] as const;
  return new Map([image("worker"), image("web")]);
}

/**
 * The same images for a real node.
 *
 * @param folder where the program goes that they run
 */
export async function standInContents(folder: string): Promise<ImageContent[]> {
  const program = "/opt/stand-in/main.cjs";
  const node = await nodeLayer();
  const layers = [node, { [program]: await bundled("test/stand-in/main.ts", folder) }];
  return (["worker", "web"] as const).map((service) => ({
    name: `${repositoryOf(service)}:${tag}`,
    layers,
    entrypoint: ["node", program, service],
    user: "10001:10001",
  }));
}

const tag = "stand-in";
const repositoryOf = (service: Service) => `registry.example.org/stellaops/taskrunner-${service}`;

/** Where the stand-in's pods work. */
export interface StandInOptions {
  /** The state directory, absolute: a path of this machine. */
  readonly root: string;
  /** The journal's folder, absolute. */
  readonly journal: string;
  /** How many runs a pod of web submits. */
  readonly runs: number;
  /** Default 1. */
  readonly seed?: number;
  /** The longest pause between two things that a service does, in ms. */
  readonly pauseMs: number;
  /** Mongo mode; default: the filesystem. */
  readonly mongo?: Parameters<typeof serviceEnvironment>[2];
}

/** Values of examples/chart for a service of the stand-in, run by the tests' kubelet. */
export function standInValues(service: Service, options: StandInOptions): object {
  const { root, journal, runs, seed = 1, pauseMs, mongo } = options;
  const stored = mongo
    ? serviceEnvironment(service, "forward", mongo)
    : [
        {
          name: `${service === "web" ? "TaskRunner" : "Worker"}__Storage__Mode`,
          value: "filesystem",
        },
      ];
  const paths = folders[service].map(([name, folder]) => ({
    name,
    value: foldersIn(root)[folder],
  }));
  const own = {
    StandIn__Journal: journal,
    StandIn__Queue: join(root, defaultFolders.queue),
    StandIn__Runs: `${runs}`,
    StandIn__Seed: `${seed}`,
    StandIn__PauseMs: `${pauseMs}`,
  };
  return {
    image: { repository: repositoryOf(service), tag },
    podAnnotations: { [ownKubelet.name]: ownKubelet.value },
    strategy: { type: service === "worker" ? "Recreate" : "RollingUpdate" },
    env: [
      ...stored.map(({ name, value }) =>
        typeof value === "string" ? { name, value } : { name, valueFrom: value },
      ),
      ...paths,
      ...Object.entries(own).map(([name, value]) => ({ name, value })),
    ],
  };
}

/** The folders of the filesystem stores below a state directory. */
export function foldersIn(root: string): Folders {
  const { runs, approvals, logs, artifacts } = defaultFolders;
  return {
    runs: join(root, runs),
    approvals: join(root, approvals),
    logs: join(root, logs),
    artifacts: join(root, artifacts),
  };
}
