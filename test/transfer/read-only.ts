import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

/** Plays a volume that takes no file whose path has a part; returns how to make it writable again. */
export function refuseWrites(part: string): () => void {
  const { writeFile } = promises;
  const become = (is: typeof writeFile) => () => {
    promises.writeFile = is;
    syncBuiltinESMExports();
  };
  const end = become(writeFile);
  const error = Object.assign(new Error("EROFS"), { code: "EROFS", syscall: "open", errno: -30 });
  become((file, ...content) => {
    const isRefused = typeof file === "string" && file.includes(part);
    return isRefused ? Promise.reject(error) : writeFile(file, ...content);
  })();
  onTestFinished(end);
  return end;
}
