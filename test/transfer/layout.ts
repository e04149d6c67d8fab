import { parseSettings } from "../../components/settings";

/** The layout that the settings' defaults give. */
export const layout = defaultLayout();

function defaultLayout() {
  const { advanced } = parseSettings({
    storageMode: "mongo",
    mongoUri: "mongodb://localhost/taskrunner",
    rollout: { target: "values", directory: ".", confirm: "none" },
  });
  return advanced.layout;
}
