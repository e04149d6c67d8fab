import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { generateFiles } from "./generated";

/** `make docs`: writes the generated pages and the schemas. */
for (const [file, text] of Object.entries(generateFiles())) {
  writeFileSync(resolve(__dirname, "../..", file), text);
  console.log(file);
}
