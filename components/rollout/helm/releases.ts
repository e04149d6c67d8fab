import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../../kubernetes/program";
import type { HelmRolloutSettings, StorageMode } from "../../settings";
import { ProgramError } from "../../step/program";
import type { Service } from "../environment";
import { findSharedRelease, serviceModes, type ServiceModes } from "../update/modes";
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
  const shared = findSharedRelease(settings);
  const releases = readReleases(args);
  const asked = serviceModes(args.mode, settings);
  let both: Release | undefined;
  return {
    rendered: (options) =>
      pulumi.output(secretRef).apply(async (secret) => {
        const all = [...new Set([releases.worker, releases.web])];
        await Promise.all(all.map((one) => renderChart(one, args, [asked, secret], options)));
        return [...new Set(all.map(({ release }) => release))];
      }),
    address: (service) => {
      const { release } = releases[service];
      const { selector } = settings[service];
      return { release, ...(selector !== undefined && { selector }) };
    },
    of: (service, mode, options) => {
      if (shared) {
        const modes = mode.apply((worker) => modesOfBoth(worker, asked, shared.step));
        const ofBoth = { ...options, parent };
        both ??= helmRelease("release", releases.worker, args, { modes, secretRef }, ofBoth);
        return both;
      }
      // The other service is not in it.
      const modes = mode.apply((mode) => ({ worker: mode, web: mode }));
      return helmRelease(service, releases[service], args, { modes, secretRef }, options);
    },
  };
}

/** What a stack installs that names no chart. */
const sampleChart = "charts/task-runner";

function readReleases({ settings, mode }: Args): Readonly<Record<Service, ReadRelease>> {
  const read = (from: ReleaseArgs) => ({ ...from, read: fittingValues(from, mode) });
  const place = (service: Service) => ({ service, path: settings[service].path });
  if ("shared" in settings) {
    const both = read({ ...settings.shared, services: [place("worker"), place("web")] });
    return { worker: both, web: both };
  }
  const { worker, web } = settings;
  return {
    worker: read({ chart: sampleChart, ...worker, services: [place("worker")] }),
    web: read({ chart: sampleChart, ...web, services: [place("web")] }),
  };
}

/**
 * The modes of both services where the worker's may not be the one asked for (`turnOf`). In web's step
 * nothing tells then in which mode web is.
 *
 * @throws ProgramError
 */
function modesOfBoth(worker: StorageMode, asked: ServiceModes, step: Service): ServiceModes {
  if (worker === asked.worker || step === "worker") return { ...asked, worker };
  throw new ProgramError(
    "One release holds both services, and the steps before the worker's rollout are not part of this " +
      "update. Run `pulumi up` without --target and --exclude.",
  );
}
