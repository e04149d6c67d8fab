import { buildSchema, checkpointsCollection } from "../contract";
import { takeOverRules } from "./cluster/atlas";
import { clusterRules, existingRules } from "./cluster/rules";
import { mechanismRules, passwordRules } from "./connection-rules";
import { schemaOptionsOf } from "./derived";
import type { Rule } from "./problems";
import type { ChartSettings } from "./rollout";
import type { Settings } from "./schema";
import { noFolder } from "./sections";

/**
 * The conflicts between settings that are valid by themselves.
 *
 * @param values the settings before their defaults
 */
export function conflicts(
  settings: Settings,
  values: Readonly<Record<string, unknown>>,
  plainKeys: ReadonlySet<string>,
): Rule[] {
  const { cluster, storageMode } = settings;
  // A rollback takes a cluster over unchanged.
  const isTakenOver = cluster.kind === "atlas" && cluster.import && storageMode === "mongo";
  return [
    ...sectionConflicts(settings),
    ...passwordRules(settings, plainKeys),
    ...mechanismRules(settings),
    ...existingRules(settings),
    ...(isTakenOver ? takeOverRules(cluster, values) : []),
  ];
}

/** The conflicts that do not involve connection strings, which only the program can read. */
export function sectionConflicts(settings: Settings): Rule[] {
  return [
    ...nameRules(settings),
    ...rolloutRules(settings),
    ...jobRules(settings),
    ...clusterRules(settings),
  ];
}

type NameSettings = Pick<
  Settings,
  "mongo" | "advanced" | "validation" | "approvals" | "tenancy" | "backfill"
>;

/** Two collections must not share a name, no two indexes of a collection, and no two stores a folder. */
export function nameRules(settings: NameSettings): Rule[] {
  return [...collectionRules(settings), ...indexRules(settings), ...folderRules(settings)];
}

function folderRules({ backfill }: NameSettings): Rule[] {
  const folders = Object.entries(backfill?.source.folders ?? {});
  const used = folders.filter(([, folder]) => folder !== noFolder);
  return used.map(([store, folder], at) => {
    const [other = ""] =
      used.find(([name, one], before) => {
        const isInside = name !== "artifacts" && folder.startsWith(`${one}/`);
        return isInside || (before < at && folder === one);
      }) ?? [];
    const allowed = `a folder outside that of ${other}`;
    return { key: `backfill.source.folders.${store}`, when: other !== "", allowed };
  });
}

function indexRules(settings: NameSettings): Rule[] {
  const { indexes } = buildSchema(schemaOptionsOf(settings));
  return indexes.map(({ collection, name, defaultName }) => {
    const other = indexes.find(
      (one) =>
        one.collection === collection && one.name === name && one.defaultName !== defaultName,
    );
    const isSet = settings.mongo.indexNames?.[defaultName] !== undefined;
    const allowed = `a name that differs from ${other?.defaultName ?? ""}'s`;
    return { key: `mongo.indexNames.${defaultName}`, when: isSet && other !== undefined, allowed };
  });
}

function collectionRules({ mongo, advanced }: NameSettings): Rule[] {
  const names: (readonly [key: string, name: string])[] = [
    ["the collection of checkpoints", checkpointsCollection],
    ...Object.entries(mongo.collections).map(
      ([role, name]) => [`mongo.collections.${role}`, name] as const,
    ),
    ["advanced.ledger", advanced.ledger],
    ...(mongo.extraCollections ?? []).map(
      (name, at) => [`mongo.extraCollections.${at}`, name] as const,
    ),
  ];
  return names.map(([key, name], at) => {
    const first = names.findIndex(([, other]) => other === name);
    const allowed = `a name that differs from ${names[first]?.[0] ?? ""}`;
    return { key, when: first < at, allowed };
  });
}

function rolloutRules({ rollout, storageMode }: Settings): Rule[] {
  if (rollout.target === "values") {
    // Without `confirm`, one push would change web and worker together, in whatever state the worker's pods are.
    const isBlind = rollout.confirm === "none";
    const when = isBlind && rollout.push !== undefined;
    return [
      { key: "rollout.confirm", when, allowed: "{ namespace, selector } with rollout.push" },
      {
        key: "rollout.drain",
        when: isBlind && rollout.drain !== undefined,
        allowed: "nothing with rollout.confirm: none, which has rollout.workerStopped",
      },
    ];
  }
  const charts: Readonly<Record<string, ChartSettings>> =
    rollout.target === "umbrella"
      ? { rollout }
      : { "rollout.worker": rollout.worker, "rollout.web": rollout.web };
  // Only a chart that the settings name may replace the running one.
  const chartRules = Object.entries(charts).flatMap(([name, { chart, version, repository }]) => {
    const isRemote = repository !== undefined || chart.startsWith("oci://");
    const ofVersion = {
      key: `${name}.version`,
      when: version === undefined && isRemote,
      allowed: "what runs, as helm list shows it",
    };
    const ofAddress = {
      key: `${name}.repository.url`,
      when: /:\/\/[^/]*@/.test(repository?.url ?? ""),
      found: "a user in the address",
      allowed: "the address alone, with username and password beside it",
    };
    return [ofVersion, ofAddress];
  });
  if (rollout.target === "helm") {
    const { worker, web } = rollout;
    // Draining a release that holds both services would also stop web. A rollback must not stop on one that the
    // stack already has.
    const sharedRelease = {
      key: "rollout.web.release",
      when: storageMode === "mongo" && worker.release === web.release,
      allowed:
        "a release that differs from rollout.worker.release, or target umbrella if one release holds both",
    };
    return [...chartRules, sharedRelease];
  }
  const { worker, web } = rollout;
  return [
    ...chartRules,
    {
      key: "rollout.web.path",
      when:
        `${worker.path}.`.startsWith(`${web.path}.`) ||
        `${web.path}.`.startsWith(`${worker.path}.`),
      allowed: `a path outside rollout.worker.path, which is ${JSON.stringify(worker.path)}`,
    },
    // If different labels match one Deployment, a step detects it on the cluster.
    {
      key: "rollout.web.selector",
      when: worker.selector === web.selector,
      allowed: "labels that the worker's Deployments do not have",
    },
  ];
}

function jobRules({ jobs, rollout, backfill }: Settings): Rule[] {
  const { path, persistentVolumeClaim: claim } = (backfill?.source ?? {}) as {
    readonly path?: string;
    readonly persistentVolumeClaim?: string;
  };
  return [
    {
      key: "jobs.namespace",
      when: jobs !== undefined && jobs.namespace === undefined && rollout.target === "values",
      found: "missing, and rollout has none",
      allowed: "the namespace of the Jobs",
    },
    {
      key: "backfill.source.path",
      when: jobs !== undefined && path !== undefined,
      found: `${JSON.stringify(path)}, and a section jobs, whose Jobs cannot read this machine's files`,
      allowed: "persistentVolumeClaim instead of path",
    },
    {
      key: "backfill.source.persistentVolumeClaim",
      when: !jobs && claim !== undefined,
      found: `${JSON.stringify(claim)}, and no section jobs, although only pods can mount a claim`,
      allowed: "path instead of persistentVolumeClaim, or a section jobs",
    },
  ];
}
