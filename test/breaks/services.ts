import type { Break } from "./breaks";

/** Rollout, Jobs, review, commands and the order of the steps. */
export const services: readonly Break[] = [];
