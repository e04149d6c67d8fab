import { join, resolve } from "node:path";

/** The files of one control plane, all in its folder. */
export interface Places {
  /** The folder itself, with a log of each program. */
  readonly directory: string;
  readonly data: string;
  /** Gets `apiserver.crt`, its issuer included, and `apiserver.key` from the API server itself. */
  readonly certificates: string;
  readonly certificate: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
  readonly kubeconfig: string;
  readonly node: string;
  /** What runs, in JSON. */
  readonly running: string;
}

/** Where the files of a control plane are in its folder. */
export function placesIn(folder: string): Places {
  const directory = resolve(folder);
  const certificates = join(directory, "certificates");
  return {
    directory,
    data: join(directory, "etcd"),
    certificates,
    certificate: join(certificates, "apiserver.crt"),
    serviceAccountKey: join(directory, "service-account.key"),
    tokens: join(directory, "tokens.csv"),
    kubeconfig: join(directory, "kubeconfig"),
    node: join(directory, "node.json"),
    running: join(directory, "running.json"),
  };
}
