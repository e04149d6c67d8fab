import { expect, it } from "vitest";
import { redactor, secretsIn } from "../../components/review";
import { withoutSecrets } from "../../components/review/safe/secrets";

const password = "p@ss/w0rd%";
const uri = `mongodb://user:${encodeURIComponent(password)}@host/db`;
const redact = redactor(
  secretsIn({ TASKRUNNER_MONGO_URI: uri, GITHUB_TOKEN: "tok-123456", HOME: "/home" }),
);

it.each([
  ["as it is", `refused ${password} today`, "refused [secret] today"],
  ["URL-encoded", `x ${encodeURIComponent(password)} y`, "x [secret] y"],
  ["in base64", `data ${Buffer.from(uri).toString("base64")}`, "data [secret]"],
  ["a token", "Bearer tok-123456", "Bearer [secret]"],
  ["a value that is no secret", "in /home", "in /home"],
])("a secret that the process knows goes: %s", (_how, text, shown) => {
  expect(redact(text)).toBe(shown);
});

it.each([
  ["https://x:y@host/z", "https://[secret]@host/z"],
  ["mongodb+srv://u:a/b@c@host/db?x=1", "mongodb+srv://[secret]@host/db?x=1"],
  ["https://host/?access_token=abc&n=1", "https://host/?access_token=[secret]&n=1"],
  ["tlsCertificateKeyFilePassword?", "tlsCertificateKeyFilePassword?"],
  ["password=abc rest", "password=[secret] rest"],
  [`token ghp_${"a".repeat(36)}!`, "token [secret]!"],
  ["-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----", "[secret]"],
  ["connecting to mongodb://host:27017/db failed", "connecting to mongodb://host:27017/db failed"],
])("what looks like a secret goes: %s", (text, shown) => {
  expect(redactor([])(text)).toBe(shown);
});

it("what stands under a secret's name goes, and a reference to a Secret stays", () => {
  const found = {
    password: "abc",
    env: [
      { name: "X__ConnectionString", value: "abc" },
      { name: "Y__ConnectionString", valueFrom: { secretKeyRef: { name: "n", key: "k" } } },
    ],
    connectionSecret: { name: "n", key: "k" },
  };

  expect(withoutSecrets(found, redactor([]))).toEqual({
    ...found,
    password: "[secret]",
    env: [{ name: "X__ConnectionString", value: "[secret]" }, found.env[1]],
  });
});
