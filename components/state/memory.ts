import { setFlagsFromString } from "node:v8";

/**
 * V8 lets its young generation grow to 2 x 64 MiB on a large machine, and the old one by as much again, because some
 * records of each batch outlive a collection. Twice 8 or 16 MiB, which it has after loading, keep 100 MB less in a pass
 * over many records, at the same CPU. This limits nothing: a large record finds room in the old generation.
 */
setFlagsFromString("--semi-space-growth-factor=1");
