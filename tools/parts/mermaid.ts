import { join } from "node:path";
import { npmSource } from "./npm";
import { choose } from "./sources";
import { versions } from "./versions";

/** Mermaid's own bundles, which need no other package. */
export interface MermaidFiles {
  /** An ES module, for `import()`. */
  readonly module: string;
  /** For a `script` of a page. */
  readonly script: string;
}

/**
 * Mermaid, which reads and draws the diagrams of the pages: its npm package, kept in the user's cache
 * folder.
 *
 * @throws PartError if there is no npm, or it cannot install the package
 */
export function mermaid(): Promise<MermaidFiles> {
  const notOnPath = () => Promise.resolve({ missing: "not in the cache" });
  return choose(
    "mermaid",
    notOnPath,
    [npmSource(part)],
    "Check npm and its registry, and run this again",
  );
}

const part = {
  ...{ name: "mermaid", version: versions.mermaid, time: "10 s to a minute" },
  partIn(folder: string): MermaidFiles {
    const dist = join(folder, "node_modules", "mermaid", "dist");
    return { module: join(dist, "mermaid.esm.min.mjs"), script: join(dist, "mermaid.min.js") };
  },
};
