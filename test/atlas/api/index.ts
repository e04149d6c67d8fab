import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { executable } from "../../../tools/parts/run";
import type { TestStack } from "../../engine/stack";
import { installPlugin, pluginFolder, atlasPlugin, type PlayedAtlas } from "../atlas";
import { allow, newLiveCluster, newProject } from "./project";
import { startAtlasApi } from "./server";
import type { PlayedCluster } from "./clusters";

/** Looked for before anything is started. */
const plugin = realPlugin();

/** The project of every stack. */
const projectId = "5f0000000000000000000001";

/** Atlas, as a server of the Admin API plays it for the real plugin. */
export async function realAtlasFor(stack: TestStack): Promise<PlayedAtlas> {
  const api = await startAtlasApi();
  const existing = newProject({
    name: "existing",
    orgId: "5f0000000000000000000002",
    id: projectId,
  });
  api.projects.set(projectId, existing);
  const { publicKey, privateKey } = api.key;
  // Atlas itself is never called: no key of this machine counts, and without a key no address of Atlas.
  await installPlugin(
    stack,
    `exec env -i HOME='${stack.folder}' MONGODB_ATLAS_BASE_URL='${api.url}/' \\`,
    `  MONGODB_ATLAS_PUBLIC_KEY='${publicKey}' MONGODB_ATLAS_PRIVATE_KEY='${privateKey}' '${plugin}' "$@"`,
  );
  const all = () => [...api.projects.values()];
  return {
    play: (settings) => {
      api.settings = settings;
      return Promise.resolve();
    },
    calls: () => Promise.resolve(api.changes.splice(0)),
    passwords: () => Promise.resolve(new Map(all().flatMap(({ passwords }) => [...passwords]))),
    cluster: () => {
      const [live] = all().flatMap(({ clusters }) => [...clusters.values()]);
      return Promise.resolve(live?.cluster ?? {});
    },
    setCluster: (cluster) => {
      const live = newLiveCluster(cluster as PlayedCluster, projectId);
      existing.clusters.set(live.cluster.name, live);
      return Promise.resolve();
    },
    accessList: () => {
      const entries = all().flatMap(({ accessList }) => [...accessList]);
      const comments = entries.map(([address, { comment }]) => [address, String(comment)]);
      return Promise.resolve(Object.fromEntries(comments) as Record<string, string>);
    },
    allow: (address, comment) => {
      allow(existing, { cidrBlock: address, comment });
    },
    stop: () => api.stop(),
  };
}

/** @throws Error with how to get the plugin */
function realPlugin(): string {
  const home = process.env.PULUMI_HOME ?? join(homedir(), ".pulumi");
  const folders = [process.env.PATH, join(home, "plugins", pluginFolder)].join(delimiter);
  const found = executable(atlasPlugin, folders);
  if (found !== undefined) return found;
  throw new Error(
    `No ${atlasPlugin} on PATH or in ${home}/plugins. Run ` +
      "`pulumi plugin install resource mongodbatlas 4.16.0`.",
  );
}
