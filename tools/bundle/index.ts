/** What `make bundle` does: `tsx tools/bundle/index.ts`. */
import { join } from "node:path";
import { repository } from "../parts";
import { bundle } from "./bundle";

try {
  console.log(bundle(join(repository, "dist")));
} catch {
  // esbuild has said what is wrong and where.
  process.exitCode = 1;
}
