import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isProduction, rules, types, unknown, type Resource } from "../../policy/rules";

const { backups, closedAccessList, deletionProtection, pinnedImages, validation } = rules;

type Props = Resource["props"];

const resource = (type: string, props: Props, protect = true): Resource => {
  return { type, props, protect };
};

describe("production", () => {
  const none = new Map<string, string>();
  const of = (stack: string) => `urn:pulumi:${stack}::taskrunner-storage::t::n`;

  it.each(["prod", "production", "prod-eu", "eu.prod", "Prod_2"])("is %s", (stack) => {
    expect(isProduction(of(stack), none)).toBe(true);
  });

  it.each(["dev", "staging", "product", "preprod", "pre-prod", "non-prod-eu"])(
    "is not %s",
    (stack) => {
      expect(isProduction(of(stack), none)).toBe(false);
    },
  );

  it("is what a stack's tag says", () => {
    expect(isProduction(of("live"), new Map([["environment", "production"]]))).toBe(true);
  });
});

describe("a cluster of Atlas", () => {
  const whole = {
    terminationProtectionEnabled: true,
    backupEnabled: true,
    pitEnabled: true,
    retainBackupsEnabled: true,
  };
  const cluster = (props: Props, protect?: boolean) => resource(types.atlasCluster, props, protect);

  it("is protected on both sides", () => {
    expect(deletionProtection.of(cluster(whole))).toEqual([]);
    expect(deletionProtection.of(cluster({}, false))).toHaveLength(2);
    expect(deletionProtection.of(resource(types.operatorCluster, {}, false))).toHaveLength(1);
  });

  it.each(["backupEnabled", "pitEnabled", "retainBackupsEnabled"])("has %s", (input) => {
    expect(backups.of(cluster(whole))).toEqual([]);
    expect(backups.of(cluster({ ...whole, [input]: false }))).toEqual([
      `The cluster lacks a backup: set ${input} to true.`,
    ]);
    expect(backups.of(cluster({ ...whole, [input]: unknown }))).toEqual([]);
  });

  it.each(["0.0.0.0/0", "::/0", "0.0.0.0", "::", "0:0:0:0:0:0:0:0/0", "10.0.0.0/0"])(
    "is not open to %s",
    (entry) => {
      for (const input of ["cidrBlock", "ipAddress"]) {
        expect(closedAccessList.of(resource(types.atlasAccess, { [input]: entry }))).toHaveLength(
          1,
        );
      }
    },
  );

  it.each(["203.0.113.0/24", "2001:db8::/32", "10.0.0.10"])("may be open to %s", (cidrBlock) => {
    expect(closedAccessList.of(resource(types.atlasAccess, { cidrBlock }))).toEqual([]);
  });
});

describe("a validator", () => {
  const whole = {
    validator: { $jsonSchema: {} },
    validationLevel: "strict",
    validationAction: "error",
  };
  const of = (props: Props) => validation.of(resource(types.collection, { ...whole, ...props }));

  it("is there, and refuses", () => {
    expect(of({})).toEqual([]);
    expect(of({ validationLevel: "moderate" })).toEqual([]);
    expect(of({ validator: {} })).toHaveLength(1);
    expect(of({ validationLevel: "off" })).toHaveLength(1);
    expect(of({ validationAction: "warn" })).toHaveLength(1);
  });
});

describe("an image", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const of = (props: Props) => pinnedImages.of(resource("any:thing", props));

  it("is named by digest, as one text or in parts", async () => {
    expect(await of({ job: { image: `r/i@${digest}` } })).toEqual([]);
    expect(await of({ image: { repository: "r/i", digest } })).toEqual([]);
    expect(await of({ image: unknown })).toEqual([]);
    expect(await of({ job: { image: "r/i:1.2" } })).toEqual([
      "The image at job.image is not pinned: name it by @sha256:...",
    ]);
    expect(await of({ image: { repository: "r/i", tag: "1.2" } })).toHaveLength(1);
  });

  it("of a release may be pinned in any of its values files, which Helm merges", async () => {
    const folder = await mkdtemp(join(tmpdir(), "values-"));
    const file = async (name: string, text: string) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return { path: Promise.resolve(path) };
    };
    const tagged = await file("site.yaml", "image: { repository: r/i, tag: '1' }");
    const pinned = await file("prod.yaml", `image: { digest: '${digest}' }`);
    const ofFiles = (...valueYamlFiles: object[]) =>
      pinnedImages.of(resource(types.release, { valueYamlFiles }));

    expect(await ofFiles(tagged)).toHaveLength(1);
    expect(await ofFiles(tagged, pinned)).toEqual([]);
    expect(await ofFiles(pinned, tagged)).toEqual([]);
    expect(await ofFiles({ path: join(folder, "none.yaml") })).toEqual([
      "A values file of the release cannot be read, so its images were not checked: check its path.",
    ]);
    await rm(folder, { recursive: true });
  });

  it.each([
    ["by digest", `digest: '${digest}'`, 0],
    ["by a tag", "tag: '1'", 1],
  ])("of a release may come %s from a YAML anchor, as Helm reads it", async (_, pin, found) => {
    const text = `shared: &shared { repository: r/i, ${pin} }\nworker:\n  image:\n    <<: *shared\n`;
    const valueYamlFiles = [{ text: Promise.resolve(text) }];
    expect(await pinnedImages.of(resource(types.release, { valueYamlFiles }))).toHaveLength(found);
  });

  it("of a release counts no more if a later file takes it out", async () => {
    const texts = ["image: r/i:1", "image: null"].map((text) => ({ text: Promise.resolve(text) }));
    expect(await pinnedImages.of(resource(types.release, { valueYamlFiles: texts }))).toEqual([]);
  });
});
