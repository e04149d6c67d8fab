import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";
import { PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { environmentOf, type ContainerEnvironment } from "./environment";
import type { Image, Images } from "./images";
import { mountsOf, terminationMessage, type PathOf } from "./mounts";
import { ContainerProcess, type ProcessUser } from "./process";
import { statusOf, terminated, waiting, type Standing } from "./status";
import { letThrough, processUserOf, type Attachments } from "./volumes";

/** A container that ended is started again after so long, in ms. */
const backOff = 1_000;

/** One pod on this kubelet: its process, and what was reported of it. */
export class PodRunner {
  private process: ContainerProcess | undefined;
  private reported = "";
  private restarts = 0;
  /** How it stands while only sidecars run. */
  private heldOpen: Standing | undefined;
  private endedAt: number | undefined;

  constructor(
    private readonly core: CoreV1Api,
    private readonly images: Images,
    private readonly attachments: Attachments,
    /** Its own, for what is mounted in it. */
    private readonly folder: string,
  ) {}

  /** What its container printed; after a restart what the new one prints. */
  get output(): string {
    return this.process?.output ?? "";
  }

  /** Does what a pod needs now. */
  async reconcile(pod: V1Pod): Promise<void> {
    if (pod.metadata?.deletionTimestamp) return this.remove(pod);
    if (isOver(pod)) {
      this.attachments.detach(pod);
      return;
    }
    const image = this.images.get(imageOf(pod));
    if (!image || image.trouble === "unpullable") return this.report(pod, unpullable(pod));
    if (!this.process) return this.start(pod, image);
    const { exitCode } = this.process;
    if (exitCode === undefined) return this.report(pod, this.running(image));
    return this.settle(pod, image, exitCode);
  }

  /** Ends the process. @param seconds the grace period */
  async end(seconds: number): Promise<void> {
    await this.process?.end(seconds);
  }

  private async start(pod: V1Pod, image: Image): Promise<void> {
    let environment: ContainerEnvironment;
    let pathOf: PathOf;
    let user: ProcessUser | undefined;
    let isMounted = false;
    try {
      pathOf = await mountsOf(this.core, this.attachments, pod, this.folder);
      isMounted = true;
      user = processUserOf(pod, image);
      environment = await environmentOf(this.core, pod);
    } catch (error) {
      // Only events say why a volume is not mounted.
      const state = isMounted
        ? waiting("CreateContainerConfigError", String(error))
        : waiting("ContainerCreating");
      return this.report(pod, { ...notYet, restarts: this.restarts, state });
    }
    for (const part of image.entrypoint) await letThrough(part);
    const { command = image.entrypoint, args = [], workingDir } = pod.spec?.containers[0] ?? {};
    const line = [...command, ...args].map(pathOf);
    this.process = new ContainerProcess(line, environment, workingDir && pathOf(workingDir), user);
    await this.report(pod, this.running(image));
  }

  private running({ trouble }: Image): Standing {
    const ready = trouble !== "neverReady";
    return { phase: "Running", ready, restarts: this.restarts, state: { running: {} } };
  }

  /** A container that ended: the pod is over, or it is started again after a while. */
  private async settle(pod: V1Pod, image: Image, exitCode: number): Promise<void> {
    const { restartPolicy = "Always" } = pod.spec ?? {};
    if (restartPolicy === "Never" || (restartPolicy === "OnFailure" && exitCode === 0)) {
      const ended = await this.over(pod, exitCode);
      const hasSidecars = (pod.spec?.containers.length ?? 0) > 1;
      if (!hasSidecars) return this.report(pod, ended);
      this.heldOpen ??= { ...ended, phase: "Running" };
      return this.report(pod, this.heldOpen);
    }
    this.endedAt ??= Date.now();
    if (Date.now() < this.endedAt + backOff) {
      const state = waiting("CrashLoopBackOff", `it ended with exit code ${exitCode}`);
      return this.report(pod, { ...this.running(image), ready: false, state });
    }
    this.restarts += 1;
    this.endedAt = undefined;
    await this.start(pod, image);
  }

  private async over(pod: V1Pod, exitCode: number): Promise<Standing> {
    const phase = exitCode === 0 ? "Succeeded" : "Failed";
    const state = terminated(exitCode, await terminationMessage(pod, this.folder));
    return { phase, ready: false, restarts: this.restarts, state };
  }

  private async remove(pod: V1Pod): Promise<void> {
    const seconds = pod.metadata?.deletionGracePeriodSeconds ?? 30;
    if (this.images.get(imageOf(pod))?.trouble === "undying") return;
    await this.end(seconds);
    if (this.process?.exitCode !== undefined && !isOver(pod)) {
      await this.report(pod, await this.over(pod, this.process.exitCode));
    }
    this.attachments.detach(pod);
    await this.core.deleteNamespacedPod({ ...nameOf(pod), gracePeriodSeconds: 0 });
  }

  /** Writes a pod's status where it is another one, or where the node's controller changed it. */
  private async report(pod: V1Pod, standing: Standing): Promise<void> {
    const text = JSON.stringify(standing);
    if (text === this.reported && isReady(pod) === standing.ready) return;
    const body = { status: statusOf(pod, standing) };
    const merge = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
    await this.core.patchNamespacedPodStatus({ ...nameOf(pod), body }, merge);
    this.reported = text;
  }
}

const notYet = { phase: "Pending", ready: false, restarts: 0 } as const;

function unpullable(pod: V1Pod): Standing {
  const message = `failed to pull image "${imageOf(pod)}": not found`;
  return { ...notYet, state: waiting("ErrImagePull", message) };
}

function isReady({ status }: V1Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True";
}

function isOver({ status }: V1Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function imageOf(pod: V1Pod): string {
  return pod.spec?.containers[0]?.image ?? "";
}

function nameOf({ metadata }: V1Pod): { name: string; namespace: string } {
  return { name: metadata?.name ?? "", namespace: metadata?.namespace ?? "" };
}
