import { join } from "node:path";
import { repository } from "../parts";

/** Where everything of the dev stack is; absolute paths. */
export interface Places {
  /** The root of the repository, with the committed settings and the sample. */
  readonly repository: string;
  /** `.dev`: all that the commands write. */
  readonly dev: string;
  readonly mongoData: string;
  readonly mongoLog: string;
  /** Which server was started, in JSON. */
  readonly mongoPid: string;
  /** The filesystem stores of worker and web. */
  readonly state: string;
  /** The values files of worker and web. */
  readonly rollout: string;
  /** The settings of the stack as the engine reads them. */
  readonly settings: string;
  readonly committedSettings: string;
}

export function placesIn(root: string): Places {
  const dev = join(root, ".dev");
  return {
    repository: root,
    dev,
    mongoData: join(dev, "mongo"),
    mongoLog: join(dev, "mongo.log"),
    mongoPid: join(dev, "mongo.pid"),
    state: join(dev, "taskrunner"),
    rollout: join(dev, "rollout"),
    settings: join(dev, "Pulumi.dev.yaml"),
    committedSettings: join(root, "Pulumi.dev.yaml"),
  };
}

export const places = placesIn(repository);
