import { pathToFileURL } from "node:url";
import { beforeAll } from "vitest";
import { mermaid } from "../tools/parts";

/** Mermaid's own module has types only beside its package's dependencies. */
interface Mermaid {
  readonly default: { parse(text: string): Promise<{ readonly diagramType: string }> };
}

/**
 * Gets Mermaid before the tests of a file or a `describe`.
 *
 * @returns what says which kind a diagram is, and throws what Mermaid says about one that it cannot read
 */
export function diagramReader(): (text: string) => Promise<string> {
  let loaded: Mermaid;
  beforeAll(async () => {
    const { module } = await mermaid();
    loaded = (await import(pathToFileURL(module).href)) as Mermaid;
  }, 300_000);
  return async (text) => (await loaded.default.parse(text)).diagramType;
}
