import type * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../../kubernetes/program";
import type {
  HelmRolloutSettings,
  SeparateReleasesSettings,
  SharedReleaseSettings,
  StorageMode,
} from "../../settings";
import { ProgramError } from "../../step/program";
import type { Service } from "../environment";
import { serviceModes, type ServiceModes } from "../update/modes";
import type { ServicesArgs } from "../target";
import { fittingValues, helmRelease, type ReleaseArgs } from "./release";

type Args<Settings> = ServicesArgs<Settings>;
type Release = kubernetes.helm.v3.Release;

/** The releases that hold worker and web: one for each, or one for both. */
export interface Releases {
  readonly names: readonly string[];
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
 * @throws ReleaseValuesError where a values file cannot be used
 * @param parent of a release that holds both services; another one is a child of its service's
 *   rollout
 */
export function releasesOf(
  args: Args<HelmRolloutSettings>,
  secretRef: pulumi.Output<SecretRef>,
  parent: pulumi.Resource,
): Releases {
  const { settings, ...others } = args;
  return "shared" in settings
    ? createSharedRelease({ settings, ...others }, secretRef, parent)
    : separateReleases({ settings, ...others }, secretRef);
}

function separateReleases(
  args: Args<SeparateReleasesSettings>,
  secretRef: pulumi.Output<SecretRef>,
): Releases {
  const { settings, mode } = args;
  const ofService = (service: Service) => {
    const { path, release, chart, version, repository, values } = settings[service];
    const services = [{ service, path }];
    const from: ReleaseArgs = { release, chart, version, repository, values, services };
    return { from, read: fittingValues(from, mode) };
  };
  const releases = { worker: ofService("worker"), web: ofService("web") };
  return {
    names: [settings.worker.release, settings.web.release],
    address: (service) => {
      const { release, selector } = settings[service];
      return { release, ...(selector !== undefined && { selector }) };
    },
    of: (service, mode, options) => {
      const { from, read } = releases[service];
      // The other service is not in it.
      const modes = mode.apply((mode) => ({ worker: mode, web: mode }));
      return helmRelease(service, from, read, args, { modes, secretRef }, options);
    },
  };
}

function createSharedRelease(
  args: Args<SharedReleaseSettings>,
  secretRef: pulumi.Output<SecretRef>,
  parent: pulumi.Resource,
): Releases {
  const { shared, worker, web, step } = args.settings;
  const asked = serviceModes(args.mode, args.settings);
  const from: ReleaseArgs = {
    ...shared,
    services: [
      { service: "worker", ...worker },
      { service: "web", ...web },
    ],
  };
  const read = fittingValues(from, args.mode);
  let release: Release | undefined;
  return {
    names: [shared.release],
    address: (service) => ({
      release: shared.release,
      selector: args.settings[service].selector,
    }),
    of: (_service, worker, options) => {
      const modes = worker.apply((mode) => modesOfBoth(mode, asked, step));
      const stated = { modes, secretRef };
      return (release ??= helmRelease("release", from, read, args, stated, { ...options, parent }));
    },
  };
}

/**
 * The modes of both services where the worker's may not be the one asked for (`turnAfter`). In web's step
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
