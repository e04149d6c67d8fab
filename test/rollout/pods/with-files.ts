import { join } from "node:path";
import type { DrainInputs } from "../../../components/rollout";
import type { CheckoutSite } from "../values/checkout";
import type { Current } from "./cluster";

export const stack = "organization/taskrunner-storage/prod";

/** The stack's own values file of a service, in a site's checkout. */
export const own = (service: string) => `deploy/taskrunner-storage.${service}.values.yaml`;

/** Inputs of the worker's drain in namespace `apps`, whose services' values files are pushed from a checkout. */
export function inputsWithFiles(
  current: Current,
  site: CheckoutSite,
  mode: "mongo" | "filesystem" = "mongo",
): DrainInputs & { readonly files: NonNullable<DrainInputs["files"]> } {
  const direction = mode === "mongo" ? "forward" : "back";
  const keys = { worker: "Worker__Storage__Mode", web: "TaskRunner__Storage__Mode" };
  return {
    kubeconfig: current.cluster.kubeconfig,
    namespace: "apps",
    selector: "app=worker",
    service: "worker",
    timeoutSeconds: 15,
    direction,
    files: (["worker", "web"] as const).map((service) => ({
      service,
      direction,
      stack,
      file: join(site.checkout, own(service)),
      site: [join(site.checkout, "deploy/worker.yaml")],
      path: "env",
      environment: { [keys[service]]: mode },
      push: { branch: "main" },
    })),
  };
}
