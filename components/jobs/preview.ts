import * as pulumi from "@pulumi/pulumi";
import type { ClusterAddress } from "../kubernetes";
import { namespaceAt } from "./api";
import type { JobTarget } from "./target";

/**
 * Warns in a preview of what a claim allows, where the cluster can be asked. One that is
 * ReadWriteOnce serves the pods of one node alone; for ReadWriteOncePod see `requireClaim`.
 */
export function warnOfClaim(
  { claim, ...address }: ClusterAddress & Required<Pick<JobTarget, "claim">>,
  resource: pulumi.Resource,
): void {
  if (!pulumi.runtime.isDryRun()) return;
  // The engine waits for what an output's function does.
  pulumi.output(address).apply(async (known) => {
    const words = await wordsOf(known, claim.name);
    if (words !== undefined) await pulumi.log.warn(words, resource);
  });
}

async function wordsOf(address: ClusterAddress, name: string): Promise<string | undefined> {
  try {
    const { spec } = await (await namespaceAt(address)).claim(name);
    const modes = spec?.accessModes ?? [];
    if (modes.includes("ReadWriteMany")) return undefined;
    const what = `The claim ${name} is ${modes.join(", ")}`;
    if (!modes.includes("ReadWriteOncePod")) {
      return `${what}: the Jobs' pods all run on the node that has it, beside the services'.`;
    }
    return (
      `${what}: one pod alone may mount it. \`pulumi up\` will refuse it where pods of the services ` +
      "mount it too, or where parallelism is more than 1."
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `The claim ${name} was not looked at. ${why}`;
  }
}
