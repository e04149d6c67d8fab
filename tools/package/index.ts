/** What `make package` does: `tsx tools/package/index.ts`. */
import { join } from "node:path";
import { repository } from "../parts";
import { makePackage } from "./package";

const folder = join(repository, "dist/package");
makePackage(folder);
console.log(folder);
