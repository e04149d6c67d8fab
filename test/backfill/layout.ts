import { parseSettings } from "../../components/settings";

/** The layout that the settings' defaults give. */
export const layout = defaultLayout();

function defaultLayout() {
  const { backfill } = parseSettings({
    storageMode: "mongo",
    mongoUri: "mongodb://localhost/taskrunner",
    backfill: { source: { path: "." } },
    rollout: { target: "values", directory: ".", confirm: "none" },
  });
  if (!backfill) throw new Error("these settings have a backfill");
  return backfill.layout;
}
