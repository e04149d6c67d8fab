import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

/** Refuses writes to the files whose path has a part, as a read-only file system does. Returns an early end. */
export function refuseWrites(part: string): () => void {
  const { open, writeFile } = promises;
  const become = (own: Pick<typeof promises, "open" | "writeFile">) => () => {
    Object.assign(promises, own);
    syncBuiltinESMExports();
  };
  const end = become({ open, writeFile });
  const error = Object.assign(new Error("EROFS"), { code: "EROFS", syscall: "open", errno: -30 });
  const isRefused = (file: unknown) => typeof file === "string" && file.includes(part);
  become({
    open: (file, flags, mode) =>
      isRefused(file) && flags === "w" ? Promise.reject(error) : open(file, flags, mode),
    writeFile: (file, ...content) =>
      isRefused(file) ? Promise.reject(error) : writeFile(file, ...content),
  })();
  onTestFinished(end);
  return end;
}
