/** A server program of MongoDB's protocol. */
export interface MongoProgram {
  /** What it is, such as `mongod 8.0.4` or `SecantusDB 0.7.0b3`. */
  readonly name: string;
  readonly kind: "mongod" | "secantusdb";
  /** The program and its leading arguments. */
  readonly command: readonly [string, ...string[]];
}
