import { describe, expect, it } from "vitest";
import { refusePasswords } from "../../../components/rollout/helm/checks";
import type { ValuesText } from "../../../components/rollout/values/files";

const site = (text: string) => ({ file: "site.yaml", text });
const list = [{ path: "worker.env" }];
const refusing = (text: string) => () => {
  refusePasswords({ ofSite: [site("replicas: 2"), site(text)] }, list);
};

describe("a password in a URI of a site's values", () => {
  it("is refused with file and key, and is not quoted", () => {
    const text =
      "worker:\n  env:\n    - { name: TZ, value: UTC }\n    - { name: Db, value: 'mongodb://u:pw1@db/x' }\n";

    expect(refusing(text)).toThrow(/ site\.yaml .*: worker\.env\[1\]\.value has a password/);
    expect(refusing(text)).not.toThrow(/pw1/);
  });

  it.each([
    ["of any scheme, in a map", 'redis: { url: "redis://:pw1@cache:6379/0" }', "redis.url has"],
    ["within a longer text", 'file: |\n  {"Db":"mongodb+srv://u:p%40w@db/x"}\n', "file has"],
    ["after one that has none", 'a: "http://web:80/x mongodb://u:pw1@db"', "a has"],
  ])("%s", (_, text, found) => {
    expect(refusing(text)).toThrow(`: ${found} a password`);
  });

  it.each([
    ["no password", 'a: ["mongodb://h1:27017,h2:27017/x?a=u:p@b", "mongodb://u@db/x"]'],
    ["one that Kubernetes fills in", "a: mongodb://$(USER):$(PASSWORD)@db/x"],
    ["one that Helm or a shell fills in", "a: ['amqp://u:{{.Values.p}}@q', 'amqp://u:${P}@q']"],
    ["one that a template fills in", "a: ['db://{u}:{p}@h', 'db://<u>:<p>@h', 'db://u:%P%@h']"],
    ["one that a shell finds", "a: ['amqp://u:$P@q', 'amqp://u:$(vault-p)@q', 'amqp://u:****@q']"],
    ["an example in a comment", "a: |\n  # such as mongodb://u:p@h/db\n  b\n"],
    ["other members of JSON", `a: '{"a":"http://web","b":"mail@example.org"}'`],
  ])("is not found where there is %s", (_, text) => {
    expect(refusing(text)).not.toThrow();
  });
});

it("is refused of a chart's defaults in the list that ours come on top of, and nowhere else", () => {
  const text = "worker: { env: [{ name: Db, value: 'mongodb://u:pw1@db/x' }] }\n";
  const chart = { file: "chart/values.yaml", text };
  const map = { ...chart, text: "worker: { env: { Db: 'mongodb://u:pw1@db/x' } }\n" };
  const refusal = (path: string, chart: ValuesText) => () => {
    refusePasswords({ defaults: chart, ofSite: [] }, [{ path }]);
  };

  expect(refusal("worker.env", chart)).toThrow(/chart\/values\.yaml .*worker\.env\[0\]\.value has/);
  expect(refusal("web.env", chart)).not.toThrow();
  expect(refusal("worker.env", map)).not.toThrow();
});
