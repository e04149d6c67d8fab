import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Document } from "yaml";
import { warning } from "../../contract/finding";
import { kubernetesSdk, type SecretRef } from "../../kubernetes/program";
import type { HelmRolloutSettings, KubernetesSettings, StorageMode } from "../../settings";
import { logFinding } from "../../step/program";
import { serviceEnvironment, type MongoNames } from "../environment";
import { placementOf, type ReleaseArgs } from "../target";
import { inHelmsOrder, type ReleaseValues, ValuesFileError, valuesFiles } from "../values/files";
import { environmentOnTop, refuseUnknownList } from "../values/on-top";
import { refuseNulls, refusePasswords } from "./checks";
import { warnOfLostValues } from "./lost-values";

/** A release with what its values files say. */
export interface ReadRelease extends ReleaseArgs {
  readonly read: ReleaseValues;
}

/**
 * The releases of the settings. It refuses values files that would not come to a release as they are, or
 * would not stay secret: before anything is drained, and in the first preview too, which does not know the
 * Secret's name yet. A rollback is warned of what was in force since the cutover, and not stopped by it.
 *
 * @param mode the stack's
 * @throws ValuesFileError
 */
export function readReleases(rollout: HelmRolloutSettings, mode: StorageMode): ReadRelease[] {
  return placementOf(rollout).releases.map((from) => {
    const read = valuesFiles(from);
    try {
      refuseNulls(read.ofSite);
      refusePasswords(read, from.services);
      const files = inHelmsOrder(read);
      for (const place of from.services) refuseUnknownList(files, `chart ${from.chart}`, place);
    } catch (error) {
      if (mode === "mongo" || !(error instanceof ValuesFileError)) throw error;
      void logFinding(warning("values-unfit", error.message));
    }
    return { ...from, read };
  });
}

/**
 * A Helm release with its services in the mode asked for. The site's chart and values stay as they
 * are; on top come our variables and nothing else.
 *
 * One that exists is taken over (imported) and changed in the same update.
 *
 * It is not atomic (decision 9: putting a worker back that has advanced runs already would be worse
 * than stopping), and it does not wait: the pods are watched by a step that names those that remain.
 */
export function helmRelease(
  name: string,
  from: ReadRelease,
  { namespace, install, timeoutSeconds }: HelmRolloutSettings,
  api: KubernetesSettings,
  ours: {
    readonly values: pulumi.Output<Record<string, unknown>>;
    readonly options: pulumi.CustomResourceOptions;
  },
): kubernetes.helm.v3.Release {
  const { release, chart, version, repository, values, services, read } = from;
  const { url: repo = "", ca: caFile, ...user } = repository ?? {};
  const repositoryOpts = { repo, ...user, ...(caFile !== undefined && { caFile }) };
  const resource = new (kubernetesSdk().helm.v3.Release)(
    name,
    {
      name: release,
      namespace,
      chart,
      ...(version !== undefined && { version }),
      ...(repository && { repositoryOpts: pulumi.secret(repositoryOpts) }),
      valueYamlFiles: values.map((file) => new pulumi.asset.FileAsset(file)),
      values: ours.values,
      // Else an empty list of the site's is dropped, and the chart's would apply again.
      allowNullValues: true,
      atomic: false,
      skipAwait: true,
      timeout: timeoutSeconds,
      // As Helm itself; else each upgrade leaves a Secret for ever.
      maxHistory: 10,
    },
    {
      ...ours.options,
      // Destroying the stack never uninstalls a site's services.
      retainOnDelete: true,
      // One that the stack has already is not imported again.
      ...(!install && { import: `${namespace}/${release}` }),
    },
  );
  const address = { ...api, namespace };
  warnOfLostValues({ address, release, read, ours: services }, resource);
  return resource;
}

/** The variables of each service at its place, on top of what the files say there. */
export function ourValues(
  { services, read }: ReadRelease,
  { collections, database }: Omit<MongoNames, "connectionSecret">,
  mode: StorageMode,
  connectionSecret: SecretRef,
): Record<string, unknown> {
  const ours = new Document({});
  for (const { service, path } of services) {
    const names = { collections, connectionSecret, database };
    const entries = serviceEnvironment(service, mode, names);
    const environment = environmentOnTop(inHelmsOrder(read), { path }, entries);
    ours.setIn(path.split("."), ours.createNode(environment));
  }
  return ours.toJS() as Record<string, unknown>;
}
