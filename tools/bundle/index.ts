/** What `make bundle` does: `tsx tools/bundle/index.ts`. */
import { join } from "node:path";
import { repository } from "../parts";
import { bundle } from "./bundle";

bundle(join(repository, "dist")).then(
  (file) => {
    console.log(file);
  },
  // esbuild has said what is wrong and where.
  () => (process.exitCode = 1),
);
