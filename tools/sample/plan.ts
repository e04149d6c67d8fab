import { createHash } from "node:crypto";
import type { SampleForm } from "./style";

/** Kinds of steps: the planner's first five, and two later ones. */
export const stepKinds = [
  "Run",
  "GateApproval",
  "GatePolicy",
  "Parallel",
  "Map",
  "Loop",
  "Conditional",
] as const;
export type PlanStepKind = (typeof stepKinds)[number];

/** A step of a Task Pack. */
export interface PackStep {
  readonly id: string;
  readonly kind: PlanStepKind;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  /** The input whose items a Map or a Loop iterates. */
  readonly items?: string;
  readonly maxParallel?: number;
  readonly approval?: string;
  readonly policy?: string;
  readonly message?: string;
  readonly tolerant?: boolean;
  readonly disabled?: boolean;
  /** Whether it is a Conditional's branch that is not taken. */
  readonly otherwise?: boolean;
  readonly children?: readonly PackStep[];
}

export interface PackApproval {
  readonly id: string;
  readonly grants: readonly string[];
  readonly reason?: string;
  readonly expires: string;
}

export interface PackOutput {
  readonly name: string;
  readonly type: string;
  readonly path?: string;
  readonly expression?: string;
}

/** A Task Pack, from which runs are planned. */
export interface Pack {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly steps: readonly PackStep[];
  readonly approvals: readonly PackApproval[];
  readonly secrets: readonly { name: string; scope: string; description?: string }[];
  readonly outputs: readonly PackOutput[];
  readonly failurePolicy: Readonly<Record<string, unknown>>;
}

/** A run's plan, as the planner writes it, with its hash. */
export function planOf(pack: Pack, inputs: Readonly<Record<string, unknown>>, form: SampleForm) {
  const plan = {
    metadata: {
      name: pack.name,
      version: pack.version,
      description: pack.description,
      tags: pack.tags,
    },
    inputs,
    steps: pack.steps.map((step) => planStep(step, form)),
    approvals: pack.approvals.map(({ id, grants, reason, expires }) => ({
      id,
      grants,
      expiresAfter: expires,
      reasonTemplate: reason,
    })),
    secrets: pack.secrets,
    outputs: pack.outputs.map(({ name, type, path, expression }) => ({
      name,
      type,
      path: path && { value: path, requiresRuntimeValue: false },
      expression: expression && { expression, requiresRuntimeValue: true },
    })),
    failurePolicy: pack.failurePolicy,
  };
  const planHash = `sha256:${createHash("sha256").update(JSON.stringify(plan)).digest("hex")}`;
  return { plan: { ...plan, hash: planHash }, planHash };
}

/** A kind as manifests write it, such as `gate.approval`. */
const manifestKind = (kind: PlanStepKind) => kind.replace(/(?<=[a-z])(?=[A-Z])/, ".").toLowerCase();

function planStep(step: PackStep, form: SampleForm): object {
  return {
    id: step.id,
    templateId: step.id,
    name: step.id.replaceAll("-", " "),
    type: form === "names" ? step.kind : manifestKind(step.kind),
    enabled: !step.disabled,
    uses: step.uses,
    parameters: Object.fromEntries(
      Object.entries(step.with ?? {}).map(([name, value]) => [
        name,
        { value, requiresRuntimeValue: false },
      ]),
    ),
    approvalId: step.approval,
    gateMessage: step.message,
    policyId: step.policy,
    maxParallel: step.maxParallel,
    continueOnError: step.tolerant ?? false,
    children: step.children?.map((child) => planStep(child, form)),
  };
}
