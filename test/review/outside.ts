import * as fc from "fast-check";

/** Stands in every text from outside, so that it is known again wherever it went. */
export const mark = "zqz";

/** Pieces of text that mean something to Markdown, to HTML, to GitHub or to a terminal. */
const pieces = [
  ..."|`~*_[]()<>#!&\\@$:;{}\"'=+-./ \n\t".split(""),
  "``",
  "```",
  "~~~",
  "\r\n",
  "\n\n",
  "\\|",
  "||",
  "| --- |",
  "\n---\n",
  "\n# ",
  "\n- ",
  "\n> ",
  "<b>",
  "</details>",
  "<script>alert(1)</script>",
  "<!-- ",
  "-->",
  "<img src=x onerror=y>",
  "[a](http://b.c)",
  "![i](//j.k)",
  "[r]: http://s.t",
  "<http://u.v>",
  "&lt;",
  "&#64;",
  "&#124;",
  "@team",
  "@org/team",
  "#123",
  "GH-1",
  "a/b#2",
  "deadbeefcafe",
  "http://x.y",
  "https://x.y/z",
  "www.x.y",
  "a@b.co",
  "mailto:a@b.co",
  ":tada:",
  "**b**",
  "__c__",
  "~~d~~",
  "$e$",
  "```diff\n",
  "\u0000",
  "\u001b[31m",
  "\u202e",
  "\u200b",
  "\u2028",
  "\ud800",
  "😀",
  "<{%reset%}>",
];

/** Any text from outside, with the mark in it. */
export const outside: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...pieces) }, fc.string()), {
      maxLength: 8,
    }),
    fc.nat(8),
  )
  .map(([texts, at]) => [...texts.slice(0, at), mark, ...texts.slice(at)].join(""));

const known = [
  ["PackRunMigration", "pulumi-nodejs:dynamic/mongo:Collection"],
  ["PackRunMigration", "pulumi-nodejs:dynamic/mongo:Index"],
  ["PackRunMigration", "pulumi-nodejs:dynamic/mongo:LedgerClaim"],
  ["Update", "pulumi-nodejs:dynamic/kubernetes:JobsStopped"],
  ["FilesystemBackfill", "pulumi-nodejs:dynamic/taskrunner:BulkPass"],
  ["Canary", "pulumi-nodejs:dynamic/kubernetes:Canary"],
  ["FirstVerification", "pulumi-nodejs:dynamic/taskrunner:FirstVerification"],
  ["Handover", "pulumi-nodejs:dynamic/taskrunner:Handover"],
  ["FinalPass", "pulumi-nodejs:dynamic/taskrunner:FinalPass"],
  ["WorkerDrain", "pulumi-nodejs:dynamic/kubernetes:Drain"],
  ["WorkerRollout", "pulumi-nodejs:dynamic/taskrunner:ValuesFile"],
  ["WebRollout", "kubernetes:helm.sh/v3:Release"],
  ["WebRollout", "pulumi-nodejs:dynamic/kubernetes:PodsReplaced"],
  ["Services", "kubernetes:core/v1:Secret"],
  ["MongoCluster", "mongodbatlas:index/advancedCluster:AdvancedCluster"],
] as const;

/** Types of our resources, and any other. */
const types = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...known) },
  outside.map((type) => [type, type] as const),
);

/** Inputs under names that mean something, and any other. */
function inputs(text: fc.Arbitrary<string>): fc.Arbitrary<Record<string, unknown>> {
  const environment = fc.dictionary(text, text, { maxKeys: 3 });
  const list = fc.array(fc.record({ name: text, value: text }), { maxLength: 3 });
  return fc.record(
    {
      name: text,
      collection: text,
      hosts: text,
      database: text,
      key: text,
      unique: fc.boolean(),
      sparse: fc.boolean(),
      validationLevel: text,
      validator: fc.dictionary(text, text, { maxKeys: 2 }),
      direction: fc.constantFrom("forward", "back", "skip"),
      mode: fc.constantFrom("mongo", "filesystem"),
      job: fc.record({ image: text }),
      root: text,
      file: text,
      release: text,
      namespace: text,
      environment,
      values: fc.record({ env: list, image: text }),
      instanceSize: text,
      other: fc.dictionary(text, text, { maxKeys: 2 }),
    },
    { requiredKeys: [] },
  );
}

/** What `pulumi preview --json` might print, with these texts in all places. */
export function previews(text: fc.Arbitrary<string> = outside): fc.Arbitrary<object> {
  const state = fc.record({
    inputs: inputs(text),
    outputs: fc.record(
      { applied: fc.boolean(), location: text.map((one) => `${one}/d/l`) },
      { requiredKeys: [] },
    ),
  });
  const step = fc
    .tuple(fc.constantFrom("create", "update", "delete", "replace"), types, text, state, state)
    .map(([op, [parent, type], name, old, wanted]) => ({
      op,
      urn: `urn:pulumi:${mark}::p::taskrunner:storage:${parent}$${type}::${name}`,
      ...(op !== "create" && { oldState: old }),
      ...(op !== "delete" && { newState: wanted }),
    }));
  const diagnostic = fc
    .tuple(
      fc.constantFrom("error", "warning", "info"),
      text,
      fc.option(text),
      fc.constantFrom("", " [data-issue]", " [would-hold]", " [stop: other-database]"),
    )
    .map(([severity, message, name, code]) => ({
      severity,
      message: `${severity}: ${message}${code}`,
      ...(name !== null && {
        urn: `urn:pulumi:s::p::pulumi-nodejs:dynamic/mongo:Index::${name}`,
      }),
    }));
  return fc.record({
    steps: fc.array(step, { maxLength: 4 }),
    diagnostics: fc.array(diagnostic, { maxLength: 2 }),
    config: fc.dictionary(text, text, { maxKeys: 2 }),
  });
}

/** What `plan --json` might print, with these texts in all places. */
export function plans(text: fc.Arbitrary<string> = outside): fc.Arbitrary<object> {
  const count = fc.nat(5_000);
  const files = fc.record({ files: count, bytes: count });
  const kinds = fc.constantFrom(
    "create index",
    "replace index",
    "create collection",
    "modify index",
  );
  const change = fc.record({
    kind: kinds,
    title: text,
    reason: text,
    collection: text,
    index: text,
    blocksWrites: fc.boolean(),
    loses: fc.boolean(),
    commands: fc.array(fc.dictionary(text, text, { maxKeys: 2 }), { maxLength: 1 }),
  });
  const duplicate = fc.record({
    kind: fc.constant("duplicate keys"),
    text,
    collection: text,
    index: text,
    keys: count,
    documents: count,
    examples: fc.array(
      fc.record({
        key: fc.dictionary(text, text, { maxKeys: 2 }),
        documents: fc.array(fc.record({ id: text, at: text }), { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
  });
  const rule = fc.record({ field: text, rule: text, documents: count, ids: fc.array(text) });
  const broken = fc.record({
    kind: fc.constant("broken documents"),
    text,
    collection: text,
    documents: count,
    rules: fc.array(rule, { maxLength: 2 }),
  });
  return fc.record({
    format: fc.constant(1),
    reachable: fc.boolean(),
    blocked: fc.constant(false),
    leftAlone: fc.array(
      fc.oneof(
        change,
        change.map((one) => ({ ...one, index: undefined })),
      ),
      { maxLength: 2 },
    ),
    target: fc.option(fc.record({ hosts: text, database: text }), { nil: undefined }),
    notChecked: fc.array(text, { maxLength: 1 }),
    changes: fc.array(change, { maxLength: 2 }),
    issues: fc.array(fc.oneof(duplicate, broken), { maxLength: 2 }),
    state: fc.record({
      root: text,
      runs: files,
      logs: files,
      artifacts: files,
      approvals: files,
      unreadable: fc.array(text, { maxLength: 2 }),
    }),
    findings: fc.array(
      fc.record({
        severity: fc.constantFrom("stop", "warn", "info"),
        code: fc.oneof(fc.constantFrom("would-not-export", "would-hold"), text),
        text,
        facts: fc.record({ unfinished: fc.oneof(count, text) }),
      }),
      {
        maxLength: 2,
      },
    ),
  });
}
