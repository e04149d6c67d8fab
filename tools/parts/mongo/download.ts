import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { fillOnce, partFolder } from "../cache";
import { silent } from "../reach";
import type { Source } from "../sources";
import { versions } from "../versions";
import { mongodAt } from "./installed";
import type { MongoProgram } from "./server-program";

/** Where MongoDB's official archives are; mongodb-memory-server knows which one fits a machine. */
const mirror = "https://fastdl.mongodb.org";

/** MongoDB's official `mongod` for this machine. */
export function mongodDownload(): Source<MongoProgram> {
  const madeFrom = ["download", versions.mongod, platform(), arch()];
  const folder = partFolder(`mongod-${versions.mongod}`, madeFrom);
  const file = join(folder, "mongod");
  return {
    kept: async () => (existsSync(file) ? mongodAt(file) : undefined),
    closed: () => silent(mirror),
    doing: `downloading mongod ${versions.mongod} from ${new URL(mirror).host}`,
    async get() {
      await fillOnce(folder, fill);
      const program = await mongodAt(file);
      if (program === undefined) throw new Error("the downloaded mongod does not run here");
      return program;
    },
  };
}

async function fill(aside: string): Promise<void> {
  // Loaded here, because it takes long and is seldom used. It shows its own progress.
  const { MongoBinary } = await import("mongodb-memory-server-core");
  const request = { version: versions.mongod, downloadDir: aside, checkMD5: true };
  const file = await MongoBinary.getPath(request);
  await rename(file, join(aside, "mongod"));
}
