// The client types its objects as classes; they are plain data, and are sent as such.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment, @typescript-eslint/no-misused-spread */
import type {
  V1Affinity,
  V1Container,
  V1NodeSelectorTerm,
  V1PodSpec,
  V1PodTemplateSpec,
} from "@kubernetes/client-node";
import type { PodTemplate } from "../../settings";

/**
 * A Job's pod template with what the site adds. What selects and names our own objects stays: our labels
 * win, and a node that a claim requires is required in each of the site's terms. Else the site's win.
 */
export function withPodTemplate(
  own: V1PodTemplateSpec,
  template: PodTemplate | undefined,
): V1PodTemplateSpec {
  if (!template || !own.spec) return own;
  const { labels, annotations } = template.metadata;
  return {
    ...own,
    metadata: {
      ...own.metadata,
      labels: { ...labels, ...own.metadata?.labels },
      annotations: { ...own.metadata?.annotations, ...annotations },
    },
    spec: specWith(own.spec, template.spec),
  };
}

function specWith(own: V1PodSpec, { containers, affinity, ...added }: PodTemplate["spec"]) {
  const { securityContext, ...others } = added;
  const [ofContainer] = containers;
  const both = affinityWith(own.affinity, affinity);
  return {
    ...own,
    ...others,
    ...(both && { affinity: both }),
    securityContext: { ...own.securityContext, ...securityContext },
    containers: own.containers.map((one) => containerWith(one, ofContainer)),
  } as V1PodSpec;
}

function containerWith(
  own: V1Container,
  added: PodTemplate["spec"]["containers"][number] | undefined,
): V1Container {
  if (!added) return own;
  const { env = [], resources, securityContext } = added;
  return {
    ...own,
    env: [...env, ...(own.env ?? [])] as V1Container["env"] & object,
    resources: { ...own.resources, ...resources },
    securityContext: { ...own.securityContext, ...securityContext },
  };
}

/** Terms are alternatives, so that what ours require goes into each of the site's. */
function affinityWith(
  own: V1Affinity | undefined,
  added: PodTemplate["spec"]["affinity"],
): V1Affinity | undefined {
  const site = added as V1Affinity | undefined;
  if (!own || !site) return own ?? site;
  const ours = termsOf(own);
  const theirs = termsOf(site);
  const nodeSelectorTerms =
    theirs.length === 0
      ? ours
      : theirs.flatMap((term) => ours.map((one) => ({ ...term, ...bothFields(term, one) })));
  return {
    ...site,
    nodeAffinity: {
      ...site.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
    },
  };
}

function termsOf({ nodeAffinity }: V1Affinity): V1NodeSelectorTerm[] {
  return nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
}

function bothFields(one: V1NodeSelectorTerm, other: V1NodeSelectorTerm) {
  return { matchFields: [...(one.matchFields ?? []), ...(other.matchFields ?? [])] };
}
