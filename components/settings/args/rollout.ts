// Made from components/settings by `make docs`.

/** The stack commits and pushes its files. Default: you do it. */
export interface RolloutValuesPushArgs {
  /** The branch that Argo CD or Flux reads. It must be checked out in `directory`. */
  readonly branch: string;
}

/** The Deployments and StatefulSets of each service. */
export interface RolloutValuesConfirmSelectorArgs {
  /** The labels of the worker's Deployments and StatefulSets, such as `app=worker`. */
  readonly worker: string;
  /** The labels of web's Deployments and StatefulSets. */
  readonly web: string;
}

/** How the stack finds the pods, to drain the worker and watch the rollout; `none` if Pulumi cannot reach them. */
export interface RolloutValuesConfirmArgs {
  /** The namespace of both services. */
  readonly namespace: string;
  /** The Deployments and StatefulSets of each service. */
  readonly selector: RolloutValuesConfirmSelectorArgs;
}

/** The values files of worker. */
export interface RolloutValuesWorkerArgs {
  /** The stack's own values file in `directory`. List it last. Default: `taskrunner-storage.worker.values.yaml`. */
  readonly file?: string | undefined;
  /** Your values files in `directory`, in Helm's order. The stack reads them and never changes them. Default: `[worker.values.yaml]`. */
  readonly values?: readonly string[] | undefined;
  /** The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default. Default: `env`. */
  readonly path?: string | undefined;
}

/** The values files of web. */
export interface RolloutValuesWebArgs {
  /** The stack's own values file in `directory`. List it last. Default: `taskrunner-storage.web.values.yaml`. */
  readonly file?: string | undefined;
  /** Your values files in `directory`, in Helm's order. The stack reads them and never changes them. Default: `[web.values.yaml]`. */
  readonly values?: readonly string[] | undefined;
  /** The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default. Default: `env`. */
  readonly path?: string | undefined;
}

/** The Secret with the services' connection string. */
export interface RolloutValuesConnectionSecretArgs {
  /** The name of the Secret, which you create. Default: `taskrunner-mongo`. */
  readonly name?: string | undefined;
  /** The Secret's key with the services' connection string. Default: `connectionString`. */
  readonly key?: string | undefined;
}

/** The stack writes a values file for each service, for Argo CD or Flux. */
export interface RolloutValuesArgs {
  /** The stack writes a values file for each service, for Argo CD or Flux. */
  readonly target: "values";
  /** The folder of the values files, in a git checkout. */
  readonly directory: string;
  /** The stack commits and pushes its files. Default: you do it. */
  readonly push?: RolloutValuesPushArgs | undefined;
  /** How the stack finds the pods, to drain the worker and watch the rollout; `none` if Pulumi cannot reach them. */
  readonly confirm: "none" | RolloutValuesConfirmArgs;
  /** With `confirm: none` and `backfill`: the number of the cutover for which you have stopped the worker. `up` stops before the handover until it is set. An integer from 1. */
  readonly workerStopped?: number | undefined;
  /** The values files of worker. */
  readonly worker?: RolloutValuesWorkerArgs | undefined;
  /** The values files of web. */
  readonly web?: RolloutValuesWebArgs | undefined;
  /** The Secret with the services' connection string. */
  readonly connectionSecret?: RolloutValuesConnectionSecretArgs | undefined;
  /** How long a drain or a rollout may take, in seconds. An integer from 1. Default: `600`. */
  readonly timeoutSeconds?: number | undefined;
  /** The labels of pods in the namespace that have the worker's mode variable but belong to another environment. A drain ignores them. */
  readonly ignorePods?: string | undefined;
  /** Whether a pod of web's template starts on MongoDB before the drain, and a cutover stops if it does not work. Default: `true`. */
  readonly canary?: boolean | undefined;
  /** A gate before the worker's drain: `wait` prepares a cutover and stops no service; the number of the cutover opens it. Default: no gate. */
  readonly drain?: "wait" | number | undefined;
}

/** The Secret with the services' connection string. */
export interface RolloutHelmConnectionSecretArgs {
  /** The name of a Secret of yours. Default: the stack creates one from `appMongoUri`. */
  readonly name?: string | undefined;
  /** The Secret's key with the services' connection string. Default: `connectionString`. */
  readonly key?: string | undefined;
}

/** The chart's repository. */
export interface RolloutHelmWorkerRepositoryArgs {
  /** The address of the chart's repository. */
  readonly url: string;
  /** The user name for the repository. */
  readonly username?: string | undefined;
  /** The user's password, as a secret. */
  readonly password?: string | undefined;
  /** A file with the CA certificate of the repository. */
  readonly ca?: string | undefined;
}

/** The release of worker. */
export interface RolloutHelmWorkerArgs {
  /** The release of worker. Default: `taskrunner-worker`. */
  readonly release?: string | undefined;
  /** The labels of the service's Deployments and StatefulSets. Default: all in the release. */
  readonly selector?: string | undefined;
  /** The chart: a folder, a name in `repository`, or an `oci://` address. */
  readonly chart: string;
  /** The chart's version. Required unless the chart is a folder. */
  readonly version?: string | undefined;
  /** The chart's repository. */
  readonly repository?: RolloutHelmWorkerRepositoryArgs | undefined;
  /** Your values files, in Helm's order. Paths are relative to the project's folder. Default: none. */
  readonly values?: readonly string[] | undefined;
  /** The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default. Default: `env`. */
  readonly path?: string | undefined;
}

/** The chart's repository. */
export interface RolloutHelmWebRepositoryArgs {
  /** The address of the chart's repository. */
  readonly url: string;
  /** The user name for the repository. */
  readonly username?: string | undefined;
  /** The user's password, as a secret. */
  readonly password?: string | undefined;
  /** A file with the CA certificate of the repository. */
  readonly ca?: string | undefined;
}

/** The release of web. */
export interface RolloutHelmWebArgs {
  /** The release of web. Default: `taskrunner-web`. */
  readonly release?: string | undefined;
  /** The labels of the service's Deployments and StatefulSets. Default: all in the release. */
  readonly selector?: string | undefined;
  /** The chart: a folder, a name in `repository`, or an `oci://` address. */
  readonly chart: string;
  /** The chart's version. Required unless the chart is a folder. */
  readonly version?: string | undefined;
  /** The chart's repository. */
  readonly repository?: RolloutHelmWebRepositoryArgs | undefined;
  /** Your values files, in Helm's order. Paths are relative to the project's folder. Default: none. */
  readonly values?: readonly string[] | undefined;
  /** The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default. Default: `env`. */
  readonly path?: string | undefined;
}

/** A Helm release for each service. */
export interface RolloutHelmArgs {
  /** A Helm release for each service. */
  readonly target: "helm";
  /** The namespace of the releases. */
  readonly namespace: string;
  /** Whether the stack creates the releases. Otherwise it takes over those that exist. Default: `false`. */
  readonly install?: boolean | undefined;
  /** The Secret with the services' connection string. */
  readonly connectionSecret?: RolloutHelmConnectionSecretArgs | undefined;
  /** How long a drain or a rollout may take, in seconds. An integer from 1. Default: `600`. */
  readonly timeoutSeconds?: number | undefined;
  /** The labels of pods in the namespace that have the worker's mode variable but belong to another environment. A drain ignores them. */
  readonly ignorePods?: string | undefined;
  /** Whether a pod of web's template starts on MongoDB before the drain, and a cutover stops if it does not work. Default: `true`. */
  readonly canary?: boolean | undefined;
  /** A gate before the worker's drain: `wait` prepares a cutover and stops no service; the number of the cutover opens it. Default: no gate. */
  readonly drain?: "wait" | number | undefined;
  /** The release of worker. */
  readonly worker?: RolloutHelmWorkerArgs | undefined;
  /** The release of web. */
  readonly web?: RolloutHelmWebArgs | undefined;
}

/** The Secret with the services' connection string. */
export interface RolloutUmbrellaConnectionSecretArgs {
  /** The name of a Secret of yours. Default: the stack creates one from `appMongoUri`. */
  readonly name?: string | undefined;
  /** The Secret's key with the services' connection string. Default: `connectionString`. */
  readonly key?: string | undefined;
}

/** The chart's repository. */
export interface RolloutUmbrellaRepositoryArgs {
  /** The address of the chart's repository. */
  readonly url: string;
  /** The user name for the repository. */
  readonly username?: string | undefined;
  /** The user's password, as a secret. */
  readonly password?: string | undefined;
  /** A file with the CA certificate of the repository. */
  readonly ca?: string | undefined;
}

/** The values and objects of worker in the release. */
export interface RolloutUmbrellaWorkerArgs {
  /** The labels that in the release only the Deployments and StatefulSets of worker have, such as `app.kubernetes.io/component=worker`. */
  readonly selector: string;
  /** The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default. Default: `worker.env`. */
  readonly path?: string | undefined;
}

/** The values and objects of web in the release. */
export interface RolloutUmbrellaWebArgs {
  /** The labels that in the release only the Deployments and StatefulSets of web have, such as `app.kubernetes.io/component=web`. */
  readonly selector: string;
  /** The dotted path of the service's environment variables in the values. The stack writes a list or a map, whichever the values use; a list by default. Default: `web.env`. */
  readonly path?: string | undefined;
}

/** One Helm release for both services, which change over in one upgrade. */
export interface RolloutUmbrellaArgs {
  /** One Helm release for both services, which change over in one upgrade. */
  readonly target: "umbrella";
  /** The namespace of the releases. */
  readonly namespace: string;
  /** Whether the stack creates the releases. Otherwise it takes over those that exist. Default: `false`. */
  readonly install?: boolean | undefined;
  /** The Secret with the services' connection string. */
  readonly connectionSecret?: RolloutUmbrellaConnectionSecretArgs | undefined;
  /** How long a drain or a rollout may take, in seconds. An integer from 1. Default: `600`. */
  readonly timeoutSeconds?: number | undefined;
  /** The labels of pods in the namespace that have the worker's mode variable but belong to another environment. A drain ignores them. */
  readonly ignorePods?: string | undefined;
  /** Whether a pod of web's template starts on MongoDB before the drain, and a cutover stops if it does not work. Default: `true`. */
  readonly canary?: boolean | undefined;
  /** A gate before the worker's drain: `wait` prepares a cutover and stops no service; the number of the cutover opens it. Default: no gate. */
  readonly drain?: "wait" | number | undefined;
  /** The release that holds both services. */
  readonly release: string;
  /** The chart: a folder, a name in `repository`, or an `oci://` address. */
  readonly chart: string;
  /** The chart's version. Required unless the chart is a folder. */
  readonly version?: string | undefined;
  /** The chart's repository. */
  readonly repository?: RolloutUmbrellaRepositoryArgs | undefined;
  /** Your values files, in Helm's order. Paths are relative to the project's folder. Default: none. */
  readonly values?: readonly string[] | undefined;
  /** The values and objects of worker in the release. */
  readonly worker: RolloutUmbrellaWorkerArgs;
  /** The values and objects of web in the release. */
  readonly web: RolloutUmbrellaWebArgs;
}
