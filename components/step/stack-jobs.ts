import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type JobsSettings, type Settings, resolveNamespace } from "../settings";
import type { ClusterAddress } from "../kubernetes";
import { childName, ownerOf, StepGroup, type StepOptions } from "./program";
import { connectionStringSecret, kubernetesSdk, providerArgs } from "../kubernetes/program";
import type { JobTarget, StopAddress } from "./jobs";

export type JobsArgs = Pick<
  Settings,
  "storageMode" | "backfill" | "kubernetes" | "jobs" | "rollout"
>;

/** Where and how the stack's Jobs run, with the Secret of their connection string (docs/jobs.md). */
export class Jobs extends StepGroup {
  readonly target: pulumi.Output<JobTarget>;
  private readonly address: ClusterAddress;
  private provider: kubernetes.Provider | undefined;

  /** @param uri the migrator's connection string; secret, it may be absent in filesystem mode */
  constructor(
    name: string,
    settings: JobsArgs & { readonly jobs: JobsSettings },
    uri: pulumi.Input<string> | undefined,
    options: StepOptions = {},
  ) {
    super("Jobs", name, options);
    const { stack, timeoutSeconds, ...address } = jobsAddress(settings.jobs, settings, this);
    this.address = address;
    const secret = settings.jobs.secret ?? this.ownSecret("migrator-connection", uri);
    const source = settings.backfill?.source;
    const found = source && "persistentVolumeClaim" in source ? source : undefined;
    const subPath = found?.subPath !== undefined && { subPath: found.subPath };
    this.target = pulumi.output({
      ...settings.jobs,
      ...address,
      stack,
      timeoutSeconds,
      secret,
      ...(found && { volume: { name: found.persistentVolumeClaim, ...subPath } }),
    });
    this.registerOutputs({ target: this.target });
  }

  /** The same for another user, with a Secret of its own. @param uri the user's connection string; secret */
  targetOf(name: string, uri: pulumi.Input<string> | undefined): pulumi.Output<JobTarget> {
    const secret = this.ownSecret(name, uri);
    return pulumi.all([this.target, secret]).apply(([target, secret]) => ({ ...target, secret }));
  }

  private ownSecret(name: string, uri: pulumi.Input<string> | undefined) {
    const { namespace, ...api } = this.address;
    const called = (name: string) => childName(this, name);
    const provider = (this.provider ??= new (kubernetesSdk().Provider)(
      called("kubernetes-of-jobs"),
      providerArgs(api),
      { parent: this },
    ));
    const target = { namespace, key: "connectionString" };
    return connectionStringSecret(called(name), target, uri, { parent: this, provider });
  }
}

/** @param component the component whose instance the Jobs belong to */
export function jobsAddress(
  jobs: JobsSettings,
  { kubernetes, rollout }: Pick<Settings, "kubernetes" | "rollout">,
  component: pulumi.Resource,
): StopAddress {
  const { timeoutSeconds } = jobs;
  const namespace = resolveNamespace(jobs, rollout);
  return { ...kubernetes, namespace, stack: ownerOf(component), timeoutSeconds };
}
