import { parseSettings, type AtlasSettings } from "../../../components/settings";

/** The settings of the smallest cluster of Atlas, with changes. */
export function atlasSettings(more: object = {}): AtlasSettings {
  const projectId = "5f0000000000000000000001";
  const regions = [{ name: "EU_CENTRAL_1" }];
  const cluster = { kind: "atlas", projectId, provider: "AWS", regions, ...more };
  const rollout = { target: "values", directory: "deploy", confirm: "none" };
  return parseSettings({ storageMode: "mongo", rollout, cluster }).cluster as AtlasSettings;
}
