import { readdirSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(__dirname, "..");
const examples = readdirSync(resolve(root, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `examples/${name}/`);

/** The stack files of the repository, those of the examples included; paths count from its root. */
export const stackFiles: readonly string[] = ["", "tools/dev/", ...examples].flatMap((folder) =>
  readdirSync(resolve(root, folder))
    .filter((name) => /^Pulumi\..+\.yaml$/.test(name))
    .map((name) => folder + name),
);
