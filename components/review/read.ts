import { z } from "zod";
import { unknownValue } from "../step";
import { type Code, readPrinted, type Redact, withoutCode } from "../text";
import { readJson } from "./read-json";

/** Inputs or outputs of a resource, by name. */
export type Properties = Readonly<Record<string, unknown>>;

/** The engine's plan for one resource, with all its steps combined. */
export interface PreviewStep {
  readonly operation: "create" | "import" | "change" | "replace" | "delete";
  /** `pulumi-nodejs:dynamic/mongo:Index`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Types of the components around it, outermost first. */
  readonly parents: readonly string[];
  /** Inputs before and after; undefined if absent. */
  readonly old: Properties | undefined;
  readonly new: Properties | undefined;
  /** Outputs of the last `up`. */
  readonly outputs: Properties;
  /** Whether the engine keeps the resource when it leaves the stack. */
  readonly retained: boolean;
}

/** A message of the engine, a provider or the program. */
export interface Message {
  readonly severity: "error" | "warning";
  readonly text: string;
  readonly urn: string | undefined;
  /** Whether `pulumi up` stops on it. */
  readonly stops: boolean;
  /** The code of one of this project's findings; undefined for any other message. */
  readonly code: Code | undefined;
}

/** An environment's database: by the settings, and since the last claim if the services work on that one. */
export interface PreviewedDatabase {
  /** As the settings name it; `hosts` is undefined if only `up` knows it. */
  readonly hosts: string | undefined;
  readonly database: string | undefined;
  /** `HOSTS/DATABASE` on which the services work now; undefined if they work on files. */
  readonly former: string | undefined;
}

/** The content of `pulumi preview --json`, without noise and secrets. */
export interface Preview {
  readonly stack: string | undefined;
  readonly databases: readonly PreviewedDatabase[];
  readonly steps: readonly PreviewStep[];
  readonly messages: readonly Message[];
  /** What the steps will do, a line each, in the order of the engine. */
  readonly planned: readonly string[];
  /** Whether the stack takes over services that work on MongoDB already. */
  readonly takesOver: boolean;
  /** Whether the engine refreshed the state first: `--refresh`. */
  readonly refreshed: boolean;
  /** How long the stack's last change of mode stopped the worker; undefined if not measured. */
  readonly stoppedSeconds: number | undefined;
}

const properties = z.record(z.string(), z.unknown()).nullish().catch(undefined);
const state = z
  .looseObject({
    inputs: properties,
    outputs: properties,
    retainOnDelete: z.boolean().optional().catch(undefined),
  })
  .nullish()
  .catch(undefined);
const rawStep = z.looseObject({
  op: z.string(),
  urn: z.string(),
  oldState: state,
  newState: state,
});
const diagnostic = z.looseObject({
  urn: z.string().optional(),
  message: z.string(),
  severity: z.string().optional(),
});
type Raw = z.infer<typeof rawStep>;

// Other keys may have any form.
const previewForm = z
  .looseObject({
    steps: z.array(rawStep).nullish(),
    diagnostics: z.array(diagnostic).nullish(),
    changeSummary: properties,
  })
  .refine(({ steps, diagnostics, changeSummary }) => steps ?? diagnostics ?? changeSummary);

const stoppedForm = z.looseObject({ stoppedSeconds: z.number() });

// A preview that could not begin, as with a wrong passphrase, prints nothing.
const nothingPrinted =
  "The preview ended before it looked at the stack and printed no result; its log says why.";

// Operations that the engine does for itself, or that change nothing.
const idle = ["same", "refresh", "read", "read-replacement", "discard", "discard-replaced"];
const operations: Readonly<Record<string, PreviewStep["operation"]>> = {
  create: "create",
  import: "import",
  delete: "delete",
  "remove-pending-replace": "delete",
};

/**
 * Reads the output of `pulumi preview --json`, even if the preview failed. An empty text becomes an error message of
 * the preview.
 *
 * @throws ReviewInputError if the text is something else
 */
export function readPreview(text: string, redact: Redact): Preview {
  const { steps, diagnostics } =
    text.trim() === ""
      ? { diagnostics: [{ severity: "error", message: nothingPrinted }] }
      : readJson(text, redact, previewForm, "`pulumi preview --json` prints");
  const raw = steps ?? [];
  const printed = (diagnostics ?? []).map(({ message }) => readPrinted(message));
  // The stack itself is a resource and has the outputs.
  const stack = raw.find(({ urn }) => parseUrn(urn).type === "pulumi:pulumi:Stack");
  const lastChange = stoppedForm.safeParse(stack?.oldState?.outputs?.rollout);
  // A replacement has up to three steps on one resource.
  const byUrn = new Map<string, Raw[]>();
  for (const step of raw) {
    const isOfEngine = /^(pulumi|taskrunner:storage):/.test(parseUrn(step.urn).type);
    if (idle.includes(step.op) || isOfEngine) continue;
    byUrn.set(step.urn, [...(byUrn.get(step.urn) ?? []), step]);
  }
  return {
    stack: raw.map(({ urn }) => /^urn:pulumi:(.+?)::/.exec(urn)?.[1]).find(Boolean),
    databases: readDatabases(raw),
    steps: [...byUrn].map(([urn, steps]) => mergeSteps(urn, steps)),
    messages: (diagnostics ?? []).flatMap(parseMessage),
    planned: printed.flatMap(({ code, text }) => (code === "planned" ? [withoutCode(text)] : [])),
    takesOver: printed.some(({ code }) => code === "taken-over"),
    refreshed: raw.some(({ op }) => op === "refresh"),
    stoppedSeconds: lastChange.data?.stoppedSeconds,
  };
}

const known = z.string().refine((text) => text !== "" && text !== unknownValue);
const placeForm = z.object({
  hosts: known.optional().catch(undefined),
  database: known.optional().catch(undefined),
});
// Only a claim has it.
const usedForm = z.object({
  inputs: z.object({ direction: z.literal("forward") }),
  outputs: z.object({ location: z.string().regex(/^.+\/.+\/.+$/) }),
});

// A cutover or another schema has a claim, a rollback the bulk pass: the engine prints no step that does nothing.
function readDatabases(raw: readonly Raw[]): PreviewedDatabase[] {
  const byPlace = new Map<string, PreviewedDatabase>();
  for (const { urn, newState, oldState } of raw) {
    if (!/:(LedgerClaim|BulkPass)$/.test(parseUrn(urn).type) || !newState?.inputs) continue;
    const { hosts, database } = placeForm.parse(newState.inputs);
    const used = usedForm.safeParse(oldState).data?.outputs.location;
    const place = `${hosts}/${database}`;
    const former = used?.slice(0, used.lastIndexOf("/")) ?? byPlace.get(place)?.former;
    byPlace.set(place, { hosts, database, former });
  }
  return [...byPlace.values()];
}

function mergeSteps(urn: string, steps: readonly Raw[]): PreviewStep {
  const ops = steps.map(({ op }) => op);
  const old = steps.map(({ oldState }) => oldState).find(Boolean);
  const wanted = steps.map(({ newState }) => newState).findLast(Boolean);
  const replaced = ops.some((op) => op.includes("replace")) && wanted;
  return {
    operation: replaced ? "replace" : (operations[ops[0] ?? ""] ?? "change"),
    ...parseUrn(urn),
    urn,
    old: old?.inputs ?? undefined,
    new: wanted?.inputs ?? undefined,
    outputs: old?.outputs ?? {},
    retained: old?.retainOnDelete ?? false,
  };
}

// `urn:pulumi:STACK::PROJECT::PARENT$PARENT$TYPE::NAME`. The name may contain any characters.
function parseUrn(urn: string): Pick<PreviewStep, "type" | "name" | "parents"> {
  const [, , types = "", ...name] = urn.split("::");
  const parents = types.split("$");
  return { type: parents.at(-1) ?? "", parents: parents.slice(0, -1), name: name.join("::") };
}

// A provider's output has no severity of its own, so its warnings have a prefix.
function parseMessage({ message, severity, urn }: z.infer<typeof diagnostic>): Message[] {
  const { mark, ...found } = readPrinted(message);
  const isError = severity === "error" || (severity === undefined && mark === "error");
  if (!isError && severity !== "warning" && mark !== "warning") return [];
  return [{ severity: isError ? "error" : "warning", urn, ...found }];
}
