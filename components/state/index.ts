/** Lists, reads, converts, publishes and holds the state on disk. Uses MongoDB's types but never a server. */

export * from "./concurrency";
export * from "./compare";
export * from "./delta-scope";
export * from "./digests";
export * from "./errors";
export * from "./fence";
export * from "./foreign";
export * from "./form";
export * from "./held";
export * from "./hold";
export * from "./json";
export * from "./keys";
export * from "./layout";
export * from "./line-numbers";
export { supersede, supersededFolder } from "./move";
export * from "./place";
export * from "./publish";
export * from "./queue";
export * from "./read";
export * from "./records";
export * from "./runs";
export { type Skipped, noneSkipped } from "./skipped";
export * from "./stores";
export * from "./step-forms";
export * from "./unfinished";
export type { Conversion, Entry } from "./convert";
