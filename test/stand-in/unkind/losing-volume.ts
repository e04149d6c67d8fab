import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, relative } from "node:path";
import { onTestFinished } from "vitest";
import type { Random } from "../../../tools/sample/random";

/** What a crash makes of one name: what was there before. */
interface Undo {
  readonly path: string;
  /** Undefined: there was no file. */
  readonly before: Buffer | undefined;
}

/**
 * A volume whose server may crash: names that were given, moved or deleted are as before then, unless their folder was
 * synced (fsync(2): "Calling fsync() does not necessarily ensure that the entry in the directory containing the file
 * has also reached disk"). What was written to a file is there. It is played by functions of `node:fs` in their place.
 */
export class LosingVolume {
  private readonly roots = new Map<string, Undo[]>();

  /** Replaces the functions until the test has finished. @param isElsewhere whether another client works now */
  constructor(private readonly isElsewhere: () => boolean) {
    const { promises, renameSync } = fs;
    const { open, rename, link, rm } = promises;
    const losing = <Of extends readonly unknown[]>(
      work: (...of: Of) => Promise<void>,
      changed: number[],
    ) => {
      return async (...of: Of) => {
        const before = changed.flatMap((at) => this.look(of[at]) ?? []);
        await work(...of);
        for (const { names, ...one } of before) names.push(one);
      };
    };
    Object.assign(promises, {
      rename: losing(rename, [0, 1]),
      link: losing(link, [1]),
      rm: losing(rm, [0]),
      open: async (...of: Parameters<typeof open>) => {
        const handle = await open(...of);
        const sync = handle.sync.bind(handle);
        const isSynced = () => {
          this.isSynced(String(of[0]));
        };
        return Object.assign(handle, { sync: () => sync().then(isSynced) });
      },
    });
    Object.assign(fs, {
      renameSync: (...of: Parameters<typeof renameSync>) => {
        const before = of.flatMap((path) => this.look(path) ?? []);
        renameSync(...of);
        for (const { names, ...one } of before) names.push(one);
      },
    });
    syncBuiltinESMExports();
    onTestFinished(() => {
      Object.assign(promises, { open, rename, link, rm });
      Object.assign(fs, { renameSync });
      syncBuiltinESMExports();
    });
  }

  /** From now on names below a folder may be lost, until it is let go. */
  mount(root: string): void {
    this.roots.set(root, []);
  }

  unmount(root: string): void {
    this.roots.delete(root);
  }

  /** The server crashes: of what is not synced the last names are lost, one at least; says which. */
  crash(root: string, random: Random): string {
    const names = this.roots.get(root) ?? [];
    const lost = names.splice(random.between(0, Math.max(0, names.length - 1)));
    lost.reverse().forEach(undo);
    this.mount(root);
    return lost.map(({ path }) => relative(root, path)).join(", ");
  }

  private look(path: unknown): (Undo & { readonly names: Undo[] }) | undefined {
    const name = String(path);
    const [, names] = [...this.roots].find(([root]) => name.startsWith(root)) ?? [];
    if (!names || this.isElsewhere()) return undefined;
    const isFile = fs.lstatSync(name, { throwIfNoEntry: false })?.isFile() === true;
    return { path: name, before: isFile ? fs.readFileSync(name) : undefined, names };
  }

  private isSynced(folder: string): void {
    for (const names of this.roots.values()) {
      const left = names.filter(({ path }) => dirname(path) !== folder);
      names.splice(0, names.length, ...left);
    }
  }
}

function undo({ path, before }: Undo): void {
  if (before === undefined) {
    fs.rmSync(path, { force: true });
    return;
  }
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, before);
}
