import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ProgramSettings } from "../settings/program";
import { CheckoutError } from "./git";
import { isShallow, readSource, type Source } from "./history";
import { mayFollow } from "./may-follow";
import { lastUpIn, type LastUp } from "./stack";

/**
 * Where this update is run from, for the stack's output `source`: the checked-out commit and the mode
 * that it has for the stack. Empty outside Git. It warns if `taskrunner-storage guard` would refuse the
 * update: a workflow asks `guard` first, a person at a terminal may not have. A stack without services
 * (`confirm: none`) has nothing that an update could undo.
 */
export function sourceOf(settings: SourceSettings): pulumi.Output<Source> {
  return pulumi.output(readAndWarn(settings));
}

type SourceSettings = Pick<ProgramSettings, "storageMode" | "rollout">;

async function readAndWarn({ storageMode, rollout }: SourceSettings): Promise<Source> {
  const hasServices = rollout.target === "helm" || rollout.confirm !== "none";
  const file = resolve(`Pulumi.${pulumi.getStack()}.yaml`);
  try {
    const source = await readSource(file);
    const words = hasServices ? await refusalOf(source, file, storageMode) : undefined;
    if (words !== undefined) await pulumi.log.warn(words);
    return source;
  } catch (error) {
    if (error instanceof CheckoutError) return {};
    throw error;
  }
}

/**
 * Why `guard` would refuse this update; undefined if it would not, or if Git does not have the stack's
 * settings, or lacks the commits that decide it.
 */
async function refusalOf(source: Source, file: string, wanted: ProgramSettings["storageMode"]) {
  if (source.storageMode === undefined || (await isShallow(file))) return undefined;
  const last = await readLastUp();
  if (last?.source.commit === undefined) return undefined;
  const { allowed, words } = await mayFollow({ stack: pulumi.getStack(), file, wanted, last });
  return allowed ? undefined : words.replace(/^Refused: /, "A workflow would refuse this: ");
}

/** The stack's own outputs, as its last `up` left them. The engine has them, also in a preview. */
async function readLastUp(): Promise<LastUp | undefined> {
  const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
    readonly outputs?: object;
  };
  return lastUpIn(JSON.stringify(answer.outputs ?? {}));
}
