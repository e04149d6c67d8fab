import { z } from "zod";
import { onlyInstance } from "../components/step";
import { runPulumi } from "./pulumi";

const type = "taskrunner:storage:TaskRunnerStorage";
const project = "taskrunner-storage";

const exported = z.object({
  deployment: z.object({
    resources: z.array(
      z.looseObject({
        urn: z.string(),
        type: z.string(),
        outputs: z
          .looseObject({ settings: z.record(z.string(), z.unknown()).optional() })
          .optional(),
      }),
    ),
  }),
});

// A secret in a state, by Pulumi's signature; `plaintext` is there once it was decrypted.
const secret = z.object({
  "4dabf18193072939515e22adb298388d": z.string(),
  plaintext: z.string().optional(),
});

/**
 * The settings that a program itself has, as of the last `pulumi up`, in the form of a stack's configuration: those of
 * each environment under its name, or with the keys of a stack's file if it is the only one. Connection strings are
 * secret; one that cannot be decrypted here is `{ secure }`. Empty if the stack cannot be read, or has none.
 */
export async function readProgramSettings(
  stack: string,
): Promise<Readonly<Record<string, unknown>>> {
  const read = (...more: string[]) => runPulumi(["stack", "export"], ["--stack", stack, ...more]);
  const text = await read("--show-secrets").catch(() => read().catch(() => ""));
  const { data } = exported.safeParse(parseJson(text));
  const found = (data?.deployment.resources ?? []).flatMap(({ urn, outputs, ...one }) => {
    const name = urn.split("::").at(-1) ?? "";
    return one.type === type && outputs?.settings ? [[name, open(outputs.settings)] as const] : [];
  });
  const entries = found.flatMap(([name, settings]): [string, unknown][] =>
    name === onlyInstance ? Object.entries(settings) : [[name, settings]],
  );
  return Object.fromEntries(entries.map(([name, value]) => [`${project}:${name}`, value]));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function open(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const members = Object.entries(settings).map(([key, value]) => {
    const { data } = secret.safeParse(value);
    if (!data) return [key, value] as const;
    return [key, parseJson(data.plaintext ?? "") ?? { secure: "" }] as const;
  });
  return Object.fromEntries(members);
}
