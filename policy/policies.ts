import type {
  EnforcementLevel,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationArgs,
  StackValidationPolicy,
} from "@pulumi/policy";
import { isProduction } from "./production";
import { plainProps, propsWithSecrets } from "./props";
import type { Resource, ResourceRule, Rule, StackRule } from "./rule";
import { rules } from "./rules";
import { lookForPlainTexts, secretConnectionStrings } from "./rules/secret-strings";

type Policy = ResourceValidationPolicy | StackValidationPolicy;

/** For whom a policy speaks; a policy has one level, hence two of them for each rule. */
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
export const policies: readonly Policy[] = rules.flatMap((rule) =>
  scopes.map((scope) => policyOf(rule, scope)),
);

function policyOf(rule: Rule, scope: Scope): Policy {
  const words = {
    name: `${rule.name}${scope.suffix}`,
    description: `In production ${rule.asks}.`,
    enforcementLevel: scope.level,
  };
  if ("ofAll" in rule) return { ...words, validateStack: stackValidation(rule, scope) };
  const policy = { ...words, validateResource: validation(rule, scope) };
  if (rule !== secretConnectionStrings || !scope.production) return policy;
  // The engine tells secrets from other values before a remediation alone; nothing is mended, and
  // what the rule finds then is mandatory.
  return { ...policy, enforcementLevel: "remediate", remediateResource: look };
}

function validation(rule: ResourceRule, { production }: Scope) {
  return async (args: ResourceValidationArgs, report: ReportViolation): Promise<void> => {
    if (isProduction(args.urn, args.stackTags) !== production) args.notApplicable();
    for (const words of await rule.of(resourceOf(args))) report(words);
  };
}

function look({ urn, props }: ResourceValidationArgs): void {
  lookForPlainTexts(urn, propsWithSecrets(props));
}

function stackValidation(rule: StackRule, { production }: Scope) {
  return (args: StackValidationArgs, report: ReportViolation): void => {
    const urn = args.resources[0]?.urn ?? "";
    if (isProduction(urn, args.stackTags) !== production) args.notApplicable();
    for (const violation of rule.ofAll(args.resources.map(resourceOf))) {
      report(violation.message, violation.urn);
    }
  };
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
