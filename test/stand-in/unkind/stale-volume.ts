import { AsyncLocalStorage } from "node:async_hooks";
import fs, { type PathLike, type Stats } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished } from "vitest";

/**
 * A volume across a network, as one of its clients sees it: what `stat` says of a file is answered from a
 * cache until the file is opened (close-to-open consistency, nfs(5)). A file that was renamed into its place is
 * another one, which the folder's listing shows. It is played by functions of `node:fs` in their place, so it
 * proves nothing of a real NFS or SMB client.
 */
export class StaleVolume {
  private readonly roots = new Map<string, Map<string, Stats>>();
  private readonly elsewhere = new AsyncLocalStorage<true>();

  /** Replaces the functions until the test has finished. */
  constructor() {
    const { promises } = fs;
    const { createReadStream, lstatSync, open, readFile, statSync } = fs;
    const real = { ...promises };
    const atOnce = { createReadStream, lstatSync, open, readFile, statSync };
    const opened =
      <Of extends unknown[], Result>(open: (...of: Of) => Result) =>
      (...of: Of) => {
        this.forget(of[0]);
        return open(...of);
      };
    const looked = async (path: PathLike, ...of: []) =>
      this.cached(path, await real.lstat(path, ...of));
    Object.assign(promises, {
      lstat: looked,
      open: opened(real.open as never),
      readFile: opened(real.readFile as never),
    });
    Object.assign(fs, {
      createReadStream: opened(createReadStream as never),
      open: opened(open as never),
      readFile: opened(readFile as never),
      lstatSync: this.afterAWhile(lstatSync as never),
      statSync: this.afterAWhile(statSync as never),
    });
    syncBuiltinESMExports();
    onTestFinished(() => {
      Object.assign(promises, real);
      Object.assign(fs, atOnce);
      syncBuiltinESMExports();
    });
  }

  /** From now on what is below a folder is cached, until it is let go. */
  mount(root: string): void {
    this.roots.set(root, new Map());
  }

  unmount(root: string): void {
    this.roots.delete(root);
  }

  /** Does something on another client, which this one's cache knows nothing of. */
  onAnother<T>(work: () => Promise<T>): Promise<T> {
    return this.elsewhere.run(true, work);
  }

  get isElsewhere(): boolean {
    return this.elsewhere.getStore() === true;
  }

  /** A call that waits for the server. Callers that find the volume slow ask in the thread pool then. */
  private afterAWhile<Of extends unknown[], Result>(call: (...of: Of) => Result) {
    return (...of: Of) => {
      if (this.cacheFor(of[0])) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      return call(...of);
    };
  }

  private cached(path: unknown, found: Stats): Stats {
    const cache = this.cacheFor(path);
    if (!cache || !found.isFile()) return found;
    const known = cache.get(String(path));
    if (known?.ino === found.ino) return known;
    cache.set(String(path), found);
    return found;
  }

  private forget(path: unknown): void {
    this.cacheFor(path)?.delete(String(path));
  }

  private cacheFor(path: unknown): Map<string, Stats> | undefined {
    if (typeof path !== "string" || this.isElsewhere) return undefined;
    return [...this.roots].find(([root]) => path.startsWith(root))?.[1];
  }
}
