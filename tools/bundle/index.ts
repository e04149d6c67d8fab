/** What `make bundle` does: `tsx tools/bundle/index.ts`. */
import { join } from "node:path";
import { repository } from "../parts";
import { bundle } from "./bundle";

try {
  console.log(bundle(join(repository, "dist")));
} catch (error) {
  // esbuild has already printed its errors.
  if (!(error instanceof Error && "errors" in error)) console.error(String(error));
  process.exitCode = 1;
}
