import * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { Settings, SharedReleaseSettings, StorageMode } from "../../settings";
import type { ReleaseStepInputs } from "./provider";
import { nextInWords, workerAlone } from "./words";

/**
 * The look at a release that holds both services, before anything else is changed: an update that
 * would take both to another mode at once is refused, in a preview already.
 */
export class ReleaseStep extends DynamicResource {
  /** Which step comes next, in words. */
  readonly next: string;

  constructor(name: string, inputs: ReleaseStepInputs) {
    const provider = shim("components/rollout/provider", "ReleaseStep");
    super(provider, name, { ...inputs }, {}, "kubernetes", "ReleaseStep");
    this.next = nextInWords(inputs.step);
    if (inputs.step === "worker") void pulumi.log.warn(workerAlone(inputs.mode), this);
  }
}

/** The step of a stack whose services are in one release; undefined where each has its own. */
export function releaseStepOf(
  settings: Pick<Settings, "storageMode" | "kubernetes" | "rollout">,
): ReleaseStep | undefined {
  const { rollout, kubernetes, storageMode } = settings;
  if (rollout.target !== "helm" || !("shared" in rollout)) return undefined;
  const inputs = { ...kubernetes, ...inputsOf(rollout, storageMode) };
  return new ReleaseStep("release-step", inputs);
}

function inputsOf(rollout: SharedReleaseSettings, mode: StorageMode): ReleaseStepInputs {
  const { namespace, shared, worker, web, step } = rollout;
  return {
    namespace,
    release: shared.release,
    selectors: { worker: worker.selector, web: web.selector },
    step,
    mode,
  };
}
