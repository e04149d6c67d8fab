import { mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { repository } from "../repository";
import { choose } from "../sources";
import { versions } from "../versions";
import { pulumiBuild } from "./build";
import { pulumiDownload } from "./download";
import { pulumiOnPath, usable } from "./installed";

/** A Pulumi engine: the CLI, its Node language host and its host of dynamic providers. */
export interface Engine {
  /** The value for PATH with which `pulumi` and its plugins are found. */
  readonly path: string;
  /** The CLI's version, such as `v3.274.1`. */
  readonly version: string;
}

/**
 * The engine: what is on PATH, else the official download, else a build from pinned Go modules;
 * both are kept in the user's cache folder.
 *
 * @throws PartError if there is no way to one, with what can be installed
 */
export async function engine(): Promise<Engine> {
  const own = process.env.PATH ?? "";
  const installed = async () => {
    const answer = usable(await pulumiOnPath(own));
    return "part" in answer ? { part: nowhereElse } : answer;
  };
  const sources = [pulumiDownload(), await pulumiBuild()];
  const folder = await choose("pulumi", installed, sources, advice);
  // The npm package's host of dynamic providers comes last: a distribution brings its own.
  const path = [folder, own, join(repository, "node_modules", "@pulumi", "pulumi")]
    .filter((entry) => entry !== nowhereElse)
    .join(delimiter);
  return { path, version: (await pulumiOnPath(path)).version ?? "" };
}

/** The folder of a Pulumi that is on PATH already. */
const nowhereElse = "";

const advice =
  `Install Pulumi (https://www.pulumi.com/docs/install/), ${versions.oldestPulumi} or later, ` +
  "or Go (https://go.dev/dl/), and run this again";

/**
 * The environment of a `pulumi` command that keeps everything it writes in one folder.
 *
 * @param directory absolute; gets `pulumi/` (the state) and `pulumi-home/`
 * @param passphrase of the stack's secrets
 */
export async function engineEnvironment(
  engine: Engine,
  directory: string,
  passphrase: string,
): Promise<Record<string, string>> {
  const state = join(directory, "pulumi");
  await mkdir(state, { recursive: true });
  return {
    PATH: engine.path,
    PULUMI_HOME: join(directory, "pulumi-home"),
    PULUMI_BACKEND_URL: pathToFileURL(state).href,
    PULUMI_CONFIG_PASSPHRASE: passphrase,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // The types are checked by `make lint`; here they would cost some seconds in each run.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}
