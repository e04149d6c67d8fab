import type { Settings } from "./schema";

/** Which way a step goes in this update; `rest`: not at all, because it is not its turn. */
export type Direction = "forward" | "back" | "rest";

/** The direction of an update: of what leads to a service, and of all that comes after. */
export interface Directions {
  readonly worker: Direction;
  readonly web: Direction;
}

/**
 * The direction that `storageMode` asks for: `mongo` is forward, `filesystem` is back. Web goes with the
 * worker, but where one release holds both services: there it rests until `rollout.step` is `web`
 * (decision 14).
 */
export function directionsOf({ storageMode, rollout }: DirectionSettings): Directions {
  const worker = storageMode === "mongo" ? "forward" : "back";
  return { worker, web: rollout.step === "worker" ? "rest" : worker };
}

interface DirectionSettings {
  readonly storageMode: Settings["storageMode"];
  readonly rollout: { readonly target: string; readonly step?: "worker" | "web" | undefined };
}
