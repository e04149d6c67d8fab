import type {
  EnforcementLevel,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
} from "@pulumi/policy";
import { plainProps, propsWithSecrets } from "./props";
import type { Resource, Rule } from "./rule";
import { rules } from "./rules";
import { lookForPlainTexts, secretConnectionStrings } from "./rules/connections";

/** The stacks that a policy is for. A policy has one level, so each rule has two policies. */
interface Scope {
  readonly suffix: string;
  readonly production: boolean;
  readonly level: EnforcementLevel;
}

const scopes: readonly Scope[] = [
  { suffix: "", production: true, level: "mandatory" },
  { suffix: "-advice", production: false, level: "advisory" },
];

/** Every rule twice: mandatory for production, advice elsewhere. */
export const policies: readonly ResourceValidationPolicy[] = rules.flatMap((rule) =>
  scopes.map((scope) => policyOf(rule, scope)),
);

function policyOf(rule: Rule, scope: Scope): ResourceValidationPolicy {
  const words = {
    name: `${rule.name}${scope.suffix}`,
    description: `In production ${rule.asks}.`,
    enforcementLevel: scope.level,
  };
  const policy = { ...words, validateResource: validation(rule, scope) };
  if (rule !== secretConnectionStrings || !scope.production) return policy;
  // The engine tells secrets from other values only before a remediation. The rule fixes nothing, and
  // what it finds is mandatory.
  return { ...policy, enforcementLevel: "remediate", remediateResource: look };
}

function validation(rule: Rule, { production }: Scope) {
  return async (args: ResourceValidationArgs, report: ReportViolation): Promise<void> => {
    if (isProduction(args.urn, args.stackTags) !== production) args.notApplicable();
    for (const words of await rule.of(resourceOf(args))) report(words);
  };
}

function look({ urn, props }: ResourceValidationArgs): void {
  lookForPlainTexts(urn, propsWithSecrets(props));
}

function resourceOf({
  type,
  name,
  urn,
  props,
  opts,
}: Pick<Resource, "type" | "name" | "urn" | "props"> & {
  readonly opts: { readonly protect: boolean };
}): Resource {
  return { type, name, urn, props: plainProps(props), protect: opts.protect };
}

/**
 * Whether a stack is production: its name has the word `prod` or `production`, or its tag
 * `environment` says so. A setting of the stack would not do, because a stack could excuse itself.
 *
 * @param urn of any resource of the stack
 */
export function isProduction(urn: string, tags: ReadonlyMap<string, string>): boolean {
  const [stack = ""] = urn.replace(/^urn:pulumi:/, "").split("::");
  const words = stack.toLowerCase().split(/[^a-z]+/);
  const tag = tags.get("environment")?.toLowerCase() ?? "";
  return isProductive(tag) || words.some((word, at) => isProductive(word, words[at - 1]));
}

/** A word for production, unless the word before turns it round: `pre-prod`, `non-prod`. */
function isProductive(word: string, before = ""): boolean {
  return ["prod", "production"].includes(word) && !["pre", "non"].includes(before);
}
