/** Text for people: findings, differences, counts and durations, and the removal of secrets. It knows no other room. */
export * from "./codes";
export * from "./differences";
export * from "./finding";
export * from "./format";
export * from "./secrets";
