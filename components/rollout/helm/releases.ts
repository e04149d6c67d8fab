import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../../kubernetes/program";
import type { HelmRolloutSettings, StorageMode } from "../../settings";
import type { Service } from "../environment";
import type { ServicesArgs } from "../target";
import { renderChart } from "./chart";
import { fittingValues, helmRelease, type ReadRelease, type ReleaseArgs } from "./release";

type Args = ServicesArgs<HelmRolloutSettings>;
type Release = kubernetes.helm.v3.Release;

/** The releases that hold worker and web: one for each, or one for both. */
export interface Releases {
  /** Their names, once each chart was rendered with the site's values. */
  rendered(options: pulumi.InvokeOptions): pulumi.Output<string[]>;
  /** Where the Deployments of a service are. */
  address(service: Service): { readonly release: string; readonly selector?: string };
  /** The release of a service in its mode; one of both is registered for the worker, who comes first. */
  of(
    service: Service,
    mode: pulumi.Output<StorageMode>,
    options: pulumi.CustomResourceOptions,
  ): Release;
}

/**
 * The releases of the settings.
 *
 * @throws ValuesFileError where a values file cannot be used
 * @param parent of a release that holds both services; another one is a child of its service's
 *   rollout
 */
export function releasesOf(
  args: Args,
  secretRef: pulumi.Output<SecretRef>,
  parent: pulumi.Resource,
): Releases {
  const { settings } = args;
  const releases = readReleases(args);
  let both: Release | undefined;
  return {
    rendered: (options) =>
      pulumi.output(secretRef).apply(async (secret) => {
        const all = [...new Set([releases.worker, releases.web])];
        await Promise.all(all.map((one) => renderChart(one, args, secret, options)));
        return [...new Set(all.map(({ release }) => release))];
      }),
    address: (service) => {
      const { release } = releases[service];
      const { selector } = settings[service];
      return { release, ...(selector !== undefined && { selector }) };
    },
    of: (service, mode, options) => {
      const stated = { mode, secretRef };
      if (settings.target === "helm")
        return helmRelease(service, releases[service], args, stated, options);
      both ??= helmRelease("release", releases.worker, args, stated, { ...options, parent });
      return both;
    },
  };
}

/** What a stack installs that names no chart. */
const sampleChart = "charts/task-runner";

function readReleases({ settings, mode }: Args): Readonly<Record<Service, ReadRelease>> {
  const read = (from: ReleaseArgs) => ({ ...from, read: fittingValues(from, mode) });
  const place = (service: Service) => ({ service, path: settings[service].path });
  if (settings.target === "umbrella") {
    const both = read({ ...settings, services: [place("worker"), place("web")] });
    return { worker: both, web: both };
  }
  const { worker, web } = settings;
  return {
    worker: read({ chart: sampleChart, ...worker, services: [place("worker")] }),
    web: read({ chart: sampleChart, ...web, services: [place("web")] }),
  };
}
