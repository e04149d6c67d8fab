import { parseStructured } from "./load";
import { SettingsFileError } from "./problems";

/** The settings of a stack with their prefix, and those of other projects. */
export type Config = Readonly<Record<string, unknown>>;

/**
 * The configuration of one of several environments of a program, as the only one of a stack has it.
 *
 * @throws SettingsFileError if the configuration has no environment of this name, or several and none is named
 */
export function chooseInstance(config: Config, instance: string | undefined): Config {
  const instances = new Map<string, Config>();
  for (const [key, value] of Object.entries(config)) {
    const { project, name } = splitKey(key);
    if (name === instance && isEncrypted(value)) throw encryptedError(key);
    const settings = typeof value === "string" ? parseStructured(value) : value;
    if (typeof settings !== "object" || settings === null || !("storageMode" in settings)) continue;
    const members = Object.entries(settings).map(([one, member]) => [`${project}:${one}`, member]);
    instances.set(name, Object.fromEntries(members) as Config);
  }
  const isOnly =
    instances.size === 0 || Object.keys(config).some((key) => key.endsWith(":storageMode"));
  if (instance === undefined && isOnly) return config;
  const chosen = instances.get(instance ?? "");
  if (chosen) return chosen;
  const names = [...instances.keys()].join(", ");
  throw new SettingsFileError(
    names === ""
      ? `The settings have no environment ${instance}: no key with its name has a storageMode. For the only ` +
          "environment of a stack leave out --instance."
      : `The settings have several environments, and --instance names none of them: ${names}.`,
  );
}

/** The parts of a key such as `taskrunner-storage:storageMode`; both are empty in another text. */
export function splitKey(key: string): { readonly project: string; readonly name: string } {
  const [, project = "", name = ""] = /^([^:]+):(.*)$/.exec(key) ?? [];
  return { project, name };
}

/** The error about a setting that cannot be decrypted here. */
export function encryptedError(key: string): SettingsFileError {
  return new SettingsFileError(
    `${key} is secret, and commands need it. Set what opens the stack's secrets, such as ` +
      "PULUMI_CONFIG_PASSPHRASE, and name the stack with --stack, or write the setting in plain text.",
  );
}

/** Whether Pulumi encrypted the value. */
export function isEncrypted(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}
