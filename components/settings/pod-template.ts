import { z } from "zod";
import { section, text } from "./forms";

const object = z.record(text, z.unknown());
const texts = z.record(text, z.string());

/**
 * What a site adds to the pods of Jobs: a part of Kubernetes' PodTemplateSpec, in its form. What a Job
 * needs (image, arguments, volumes, restart policy) is not among it, nor an affinity, which is the node of
 * its claim. Neither are other containers, with which no Job would end.
 */
export const podTemplate = section({
  metadata: section({
    labels: texts
      .default({})
      .describe("Labels of the pods, such as those that a NetworkPolicy selects."),
    annotations: texts.default({}).describe("Annotations of the pods."),
  })
    .prefault({})
    .describe("The pods' metadata."),
  spec: section({
    nodeSelector: texts.exactOptional().describe("Labels that the pods' node has to have."),
    tolerations: z
      .array(object)
      .exactOptional()
      .describe("Taints of nodes that the pods tolerate."),
    priorityClassName: text.exactOptional().describe("The pods' PriorityClass."),
    imagePullSecrets: z
      .array(object)
      .exactOptional()
      .describe("References to the Secrets to pull the image with."),
    securityContext: object
      .exactOptional()
      .describe(
        "The pods' security context; its keys win over ours and over those of the services.",
      ),
    containers: z
      .array(
        section({
          name: z.literal("taskrunner-storage").describe("The name of the Jobs' one container."),
          env: z
            .array(object)
            .exactOptional()
            .describe("More variables, such as `HTTPS_PROXY`. Not for secrets."),
          resources: object
            .exactOptional()
            .describe("Requests and limits; `requests` and `limits` win over ours."),
          securityContext: object
            .exactOptional()
            .describe("The container's security context; its keys win over ours."),
        }),
      )
      .max(1)
      .default([])
      .describe("At most one entry: what is added to the Jobs' one container."),
  })
    .prefault({})
    .describe("The pods' spec."),
});
