import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "../../tools/parts";

/** A section of a stack file. */
export type ExampleSection = Readonly<Record<string, unknown>>;

/** The settings in `examples/FILE`, without their prefix. Each example starts on files. */
export async function exampleSettings(
  file: string,
): Promise<Readonly<Record<string, ExampleSection>>> {
  const text = await readFile(join(repository, "examples", file), "utf8");
  const { config } = parse(text) as { readonly config: Readonly<Record<string, ExampleSection>> };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("taskrunner-storage:", ""), value]),
  );
}
