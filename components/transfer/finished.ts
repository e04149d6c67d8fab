import { ServerTroubleError } from "../mongo";
import { type FindFinished, type StateAddress } from "../state";
import { Checkpoints } from "./checkpoints";
import type { MongoSide } from "./sides";
import { isUntouched } from "./disk";

/**
 * Finds the files of finished runs that are as an import read them, without reading them again. Finds none if MongoDB
 * does not answer.
 */
export function finishedSinceImport(sides: MongoSide & StateAddress): FindFinished {
  const ofParts = new Set(["logs", "artifacts", "approvals", "beginning"] as const);
  const checkpoints = new Checkpoints(sides.database, sides);
  return async (files) => {
    const finished = new Set<string>();
    try {
      const names = files.map(({ file }) => file.baseName);
      const imported = await checkpoints.read(names, ofParts);
      for (const { file, stat } of files) {
        const own = imported.get(file.baseName)?.runs;
        const isWhole = own?.complete === true && own.unfinished === 0 && own.records > 0;
        if (isWhole && stat && isUntouched(stat, own)) finished.add(file.name);
      }
    } catch (error) {
      if (!(error instanceof ServerTroubleError)) throw error;
    }
    return finished;
  };
}
