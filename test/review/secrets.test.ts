import { expect, it } from "vitest";
import { redactor, secretsIn } from "../../components/review";
import { withoutSecrets } from "../../components/text";

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
  ["the user's part of a URI", `as user:${encodeURIComponent(password)}`, "as [secret]"],
  ["a value that is no secret", "in /home", "in /home"],
])("a secret that the process knows goes: %s", (_how, text, shown) => {
  expect(redact(text)).toBe(shown);
});

it.each([
  ["in JSON", 'a"b\\c\nd', 'a\\"b\\\\c\\nd'],
  ["decoded", "p%40ss%2Fword", "p@ss/word"],
  ["URL-encoded though it was decoded", "p@ss/wörd", "p%40ss%2Fw%C3%B6rd"],
])("a secret goes in the form in which a text has it: %s", (_how, secret, written) => {
  expect(redactor([secret])(`x ${written} y`)).toBe("x [secret] y");
});

it("of two secrets the longer one goes first, and one of less than four characters stays", () => {
  expect(redactor(["hunter", "hunter-two"])("hunter-two, hunter")).toBe("[secret], [secret]");
  expect(redactor(["abc", "abcd"])("abc abcd")).toBe("abc [secret]");
});

it.each([
  "DB_PASSWORD",
  "passwd",
  "PGPWD",
  "PULUMI_CONFIG_PASSPHRASE",
  "CLIENT_SECRET",
  "NPM_TOKEN",
  "AWS_CREDENTIALS",
  "credential",
  "API_KEY",
  "apikey",
  "PRIVATE_KEY",
  "ACCESS_KEY",
  "X__ConnectionString",
  "CONNECTION_STRING",
  "TASKRUNNER_MONGO_URI",
])("the value of %s is a secret", (name) => {
  expect(secretsIn({ [name]: "value" })).toEqual(["value"]);
});

it("the folders that a shell names are no secrets", () => {
  expect(secretsIn({ PWD: "/srv/checkout", OLDPWD: "/srv" })).toEqual([]);
});

it("a variable of another name, and a user without a password, are no secrets", () => {
  expect(secretsIn({ URI_OF: "value", KEY: "value", TOKENS: "value", UNSET: undefined })).toEqual(
    [],
  );
  expect(secretsIn({ URI: "mongodb://CN=client@host/db" })).toEqual([
    "mongodb://CN=client@host/db",
  ]);
  expect(secretsIn({ URI: "mongodb://u:a@b:c@host/db" }).slice(1)).toEqual(["u:a@b:c", "a@b:c"]);
});

it.each([
  ["https://x:y@host/z", "https://[secret]@host/z"],
  ["mongodb+srv://u:a/b@c@host/db?x=1", "mongodb+srv://[secret]@host/db?x=1"],
  ["https://host/?access_token=abc&n=1", "https://host/?access_token=[secret]&n=1"],
  ["tlsCertificateKeyFilePassword?", "tlsCertificateKeyFilePassword?"],
  ["password=abc rest", "password=[secret] rest"],
  ["PWD: abc rest", "PWD: [secret] rest"],
  ["passphrase='abc rest", "passphrase=[secret] rest"],
  ['"passwd": "abc" rest', '"passwd": [secret] rest'],
  ["?a=1&authMechanismProperties=x:y&b=2", "?a=1&authMechanismProperties=[secret]&b=2"],
  ["host;Password=abc;x=1", "host;Password=[secret]"],
  ["Authorization: Basic dXNlcg== end", "Authorization: Basic [secret] end"],
  [`token ghp_${"a".repeat(36)}!`, "token [secret]!"],
  [`token ghp_${"a".repeat(19)}!`, `token ghp_${"a".repeat(19)}!`],
  [`github_pat_${"a".repeat(20)}`, "[secret]"],
  [`glpat-${"a-".repeat(10)}`, "[secret]"],
  [`pul-${"0a".repeat(20)}`, "[secret]"],
  ["AKIAABCDEFGHIJKLMNOP", "[secret]"],
  [`a eyJ${"a".repeat(10)}.${"b".repeat(10)}.c-d e`, "a [secret] e"],
  ["-----BEGIN PRIVATE KEY-----\nMII cut off", "[secret]"],
  ["-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----", "[secret]"],
  ["connecting to mongodb://host:27017/db failed", "connecting to mongodb://host:27017/db failed"],
])("what looks like a secret goes: %s", (text, shown) => {
  expect(redactor([])(text)).toBe(shown);
});

it("a list, a number and null keep their place, and a secret's number and names go", () => {
  const found = { list: ["tok-123456", 5, null, true], token: 1234, secret: null, pwd: { a: "b" } };

  expect(withoutSecrets({ ...found, "tok-123456": 1, name: 7, value: "v" }, redact)).toEqual({
    list: ["[secret]", 5, null, true],
    token: "[secret]",
    secret: null,
    pwd: { a: "b" },
    "[secret]": 1,
    name: 7,
    value: "v",
  });
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
