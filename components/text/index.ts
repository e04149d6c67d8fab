/** Text for people: findings, counts and durations, and the removal of secrets. It knows no other room. */
export * from "./codes";
export * from "./finding";
export * from "./format";
export * from "./secrets";
