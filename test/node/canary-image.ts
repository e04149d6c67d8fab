import { join } from "node:path";
import { type ImageContent, nodeLayer, repository } from "../../tools/parts";
import { bundled } from "../bundled";

export const canaryWebImage = "localhost/canary-web:1";

/** The image of the played web of the tests of the canary. */
export async function canaryWeb(): Promise<ImageContent> {
  const program = "/opt/canary-web.cjs";
  const folder = join(repository, "node_modules/.cache/canary-web");
  const file = await bundled("test/node/canary-web.ts", folder);
  const layers = [await nodeLayer(), { [program]: file }];
  return {
    name: canaryWebImage,
    layers,
    entrypoint: ["node", program],
    user: "10001:10001",
  };
}
