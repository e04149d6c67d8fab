/** Prints why this machine cannot run a real node; nothing if it can: `tsx tools/parts/node/lack.ts`. */
import { whatNodeLacks } from "./probe";

void whatNodeLacks().then((lack) => {
  if (lack !== undefined) console.log(lack);
});
