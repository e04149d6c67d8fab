import { expect, it } from "vitest";
import { refuseNulls, refusePasswords } from "../../../components/rollout/helm/checks";
import { environmentOnTop, refuseUnknownList } from "../../../components/rollout/values/files";

const site = (text: string) => ({ file: "site.yaml", text });
const env = { path: "env" };

it.each([
  [
    "a list that the chart may have",
    () => {
      refuseUnknownList([site("replicas: 2\n")], "chart oci://x/c", env);
    },
    "it has no env, so this stack's variables would replace a list that chart oci://x/c may have there. " +
      "Copy the chart's list into the file (see helm show values). If the chart has none, write an empty " +
      "list ([]) or map ({}).",
  ],
  [
    "a text in the place of the variables",
    () => environmentOnTop([site("env: text\n")], env, []),
    "env is neither a list nor a map. " +
      "Set rollout.worker.path or rollout.web.path to the key of the variables.",
  ],
  [
    "invalid YAML",
    () => environmentOnTop([site("a: 1\nb: 'text\n")], env, []),
    "it is not valid YAML (line 3: MISSING_CHAR). Fix the syntax.",
  ],
  [
    "several documents",
    () => environmentOnTop([site("a: 1\n---\nb: 2\n")], env, []),
    "it holds several YAML documents (the second begins at line 2). Keep one document in it.",
  ],
  [
    "a null",
    () => {
      refuseNulls([site("replicas:\n")]);
    },
    "replicas is null, but Pulumi's Helm release drops nulls, so a default of the chart would apply. " +
      'Write an empty value instead (false, {}, [] or ""), or delete the line.',
  ],
  [
    "a password",
    () => {
      refusePasswords({ ofSite: [site("db: mongodb://u:pw1@db/x\n")] }, []);
    },
    "db has a password in a URI, which would be in plain text in the stack's state and previews. " +
      "Put the whole URI into a Secret and refer to it: valueFrom: { secretKeyRef: { name, key } }.",
  ],
])("a values file with %s is refused with what to do", (_, use, words) => {
  expect(use).toThrow(`The values file site.yaml cannot be used: ${words}`);
});
