import type { Pack } from "./plan";

/** Task Packs like those of StellaOps; together they have every kind of step. */
export const packs: readonly Pack[] = [
  {
    name: "mirror-vulnerability-feeds",
    version: "1.4.0",
    description: "Fetches advisory feeds, verifies their signatures and publishes a mirror bundle.",
    tags: ["feeds", "mirror"],
    inputs: { channel: "stable", sources: ["nvd", "osv", "ghsa", "redhat"], maxAgeHours: 36 },
    steps: [
      { id: "prepare", kind: "Run", uses: "builtin:workspace.prepare" },
      {
        id: "fetch",
        kind: "Map",
        items: "sources",
        maxParallel: 3,
        children: [
          { id: "download", kind: "Run", uses: "builtin:http.download", with: { retries: 3 } },
        ],
      },
      { id: "verify", kind: "Run", uses: "builtin:signature.verify", with: { trust: "feeds" } },
      {
        id: "freshness",
        kind: "GatePolicy",
        policy: "feeds/freshness",
        message: "Feeds are fresh",
      },
      { id: "bundle", kind: "Run", uses: "builtin:bundle.create", with: { compression: 19 } },
    ],
    approvals: [],
    secrets: [{ name: "feedToken", scope: "feeds.read" }],
    outputs: [
      { name: "bundle", type: "file", path: "out/mirror-bundle.tar.zst" },
      { name: "manifest", type: "object", expression: "steps.bundle.outputs.manifest" },
    ],
    failurePolicy: { maxAttempts: 3, backoffSeconds: 30, continueOnError: false },
  },
  {
    name: "promote-policy-bundle",
    version: "2.0.1",
    description: "Simulates a policy bundle against the last week's scans and promotes it.",
    tags: ["policy", "promotion"],
    inputs: { bundle: "baseline", from: "staging", to: "production", sampleRatio: 0.25 },
    steps: [
      { id: "load", kind: "Run", uses: "builtin:policy.load" },
      {
        id: "simulate",
        kind: "Parallel",
        maxParallel: 2,
        children: [
          { id: "simulate-images", kind: "Run", uses: "builtin:policy.simulate" },
          { id: "simulate-hosts", kind: "Run", uses: "builtin:policy.simulate", tolerant: true },
        ],
      },
      { id: "regressions", kind: "GatePolicy", policy: "policy/no-regressions" },
      {
        id: "sign-off",
        kind: "GateApproval",
        approval: "policy-owners",
        message: "Promote the bundle to production?",
      },
      { id: "promote", kind: "Run", uses: "builtin:policy.promote" },
      { id: "announce", kind: "Run", uses: "builtin:notify", disabled: true },
    ],
    approvals: [
      {
        id: "policy-owners",
        grants: ["policy.promote", "policy.review"],
        reason: "Promotion of {{ inputs.bundle }} to {{ inputs.to }}",
        expires: "PT72H",
      },
    ],
    secrets: [],
    outputs: [
      { name: "report", type: "file", path: "out/simulation.json" },
      { name: "attestation", type: "attestation", path: "out/promotion.intoto.jsonl" },
    ],
    failurePolicy: { maxAttempts: 1, backoffSeconds: 0 },
  },
  {
    name: "refresh-sboms",
    version: "0.9.3",
    description: "Rebuilds the SBOMs of the images that a registry's namespace holds.",
    tags: ["sbom"],
    inputs: { namespace: "payments", images: ["api", "worker", "web"], format: "CycloneDX" },
    steps: [
      { id: "inventory", kind: "Run", uses: "builtin:registry.list" },
      {
        id: "scan",
        kind: "Loop",
        items: "images",
        children: [
          { id: "analyze", kind: "Run", uses: "builtin:sbom.generate", with: { depth: 5 } },
          { id: "upload", kind: "Run", uses: "builtin:sbom.upload", tolerant: true },
        ],
      },
      {
        id: "changed",
        kind: "Conditional",
        children: [
          { id: "diff", kind: "Run", uses: "builtin:sbom.diff" },
          { id: "nothing-to-do", kind: "Run", uses: "builtin:noop", otherwise: true },
        ],
      },
      { id: "index", kind: "Run", uses: "builtin:sbom.index" },
    ],
    approvals: [],
    secrets: [{ name: "registry", scope: "registry.pull" }],
    outputs: [
      { name: "summary", type: "object", expression: "steps.index.outputs.summary" },
      { name: "difference", type: "file", path: "out/diff.json" },
    ],
    failurePolicy: { maxAttempts: 2, backoffSeconds: 15, continueOnError: true },
  },
  {
    name: "import-airgap-bundle",
    version: "1.1.0",
    description: "Imports a signed offline bundle into a site without a way out – step by step.",
    tags: ["airgap", "import"],
    inputs: { bundle: "media/2025-11.tar.zst", verifyOnly: false },
    steps: [
      { id: "mount", kind: "Run", uses: "builtin:media.mount" },
      { id: "verify", kind: "Run", uses: "builtin:signature.verify", with: { trust: "offline" } },
      {
        id: "custodian",
        kind: "GateApproval",
        approval: "media-custodian",
        message: "Digest on the label & in the bundle agree?",
      },
      {
        id: "site-owner",
        kind: "GateApproval",
        approval: "site-owner",
        message: "Import now? The site's scanners pause for <10 minutes.",
      },
      { id: "import", kind: "Run", uses: "builtin:bundle.import", with: { batch: 500 } },
      { id: "reindex", kind: "Run", uses: "builtin:index.rebuild" },
    ],
    approvals: [
      { id: "media-custodian", grants: ["airgap.media"], expires: "PT24H" },
      {
        id: "site-owner",
        grants: ["airgap.import", "site.maintain"],
        reason: "Import of {{ inputs.bundle }}",
        expires: "PT48H",
      },
    ],
    secrets: [{ name: "mediaKey", scope: "airgap.decrypt", description: "Key of the medium" }],
    outputs: [
      { name: "receipt", type: "file", path: "out/receipt.json" },
      { name: "rejected", type: "object", expression: "steps.import.outputs.rejected" },
      { name: "evidence", type: "evidence-locker", path: "out/evidence.zip" },
    ],
    failurePolicy: { maxAttempts: 5, backoffSeconds: 60, continueOnError: false },
  },
];
