import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Document } from "yaml";
import type { SecretRef } from "../../kubernetes/program";
import type { HelmRolloutSettings } from "../../settings";
import { serviceEnvironment, type Service } from "../environment";
import type { ServicesArgs } from "../target";
import { valuesFiles } from "./files";
import { refuseLostNulls } from "./nulls";
import { environmentOnTop } from "./values";

type Args = ServicesArgs<HelmRolloutSettings>;

/**
 * The Helm release of a service in the mode asked for. The site's chart and values stay as they
 * are; on top come our variables and nothing else.
 *
 * One that exists is taken over (imported) and changed in the same update.
 *
 * It is not atomic (decision 9: putting a worker back that has advanced runs already would be worse
 * than stopping), and it does not wait: the pods are watched by a step that names those that remain.
 */
export function serviceRelease(
  service: Service,
  args: Args,
  secretRef: pulumi.Output<SecretRef>,
  options: pulumi.CustomResourceOptions,
): kubernetes.helm.v3.Release {
  const { namespace, install, timeoutSeconds, ...settings } = args.settings;
  const { release, chart, version, repository, values } = settings[service];
  return new kubernetes.helm.v3.Release(
    service,
    {
      name: release,
      namespace,
      chart,
      ...(version !== undefined && { version }),
      ...(repository !== undefined && { repositoryOpts: { repo: repository } }),
      valueYamlFiles: values.map((file) => new pulumi.asset.FileAsset(file)),
      values: secretRef.apply((secret) => ourValues(service, args, secret)),
      atomic: false,
      skipAwait: true,
      timeout: timeoutSeconds,
    },
    {
      ...options,
      // Destroying the stack never uninstalls a site's services.
      retainOnDelete: true,
      // One that the stack has already is not imported again.
      ...(!install && { import: `${namespace}/${release}` }),
    },
  );
}

function ourValues(
  service: Service,
  { settings, mode, collections, database }: Args,
  secret: SecretRef,
): Record<string, unknown> {
  const { path, form, podAnnotations, ...files } = settings[service];
  const entries = serviceEnvironment(service, mode, {
    collections,
    connectionSecret: secret,
    database,
  });
  const read = valuesFiles(files);
  refuseLostNulls(read);
  const inOrder = [...(read.ofChart ? [read.ofChart] : []), ...read.ofSite];
  const environment = environmentOnTop(inOrder, { path, form }, entries);
  const ours = new Document({});
  ours.setIn(path.split("."), ours.createNode(environment));
  if (mode === "mongo" && settings.secretVersion !== undefined) {
    const annotations = { "taskrunner.stellaops.io/secret-version": settings.secretVersion };
    ours.setIn(podAnnotations.split("."), ours.createNode(annotations));
  }
  return ours.toJS() as Record<string, unknown>;
}
