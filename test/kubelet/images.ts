/** What an image of a pod's container is on this machine. */
export interface Image {
  /** The program and its first arguments, absolute: what the image's ENTRYPOINT is. */
  readonly entrypoint: readonly string[];
  /** The numbers of the user that its Dockerfile names; default: the one who runs the tests. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /**
   * What is wrong with it: it cannot be pulled, its pods run and are never ready, or they do not
   * go when they are deleted, as on a node that is out of reach.
   */
  readonly trouble?: "unpullable" | "neverReady" | "undying";
}

/** Images by the name that a container has; any other name cannot be pulled. */
export type Images = ReadonlyMap<string, Image>;
