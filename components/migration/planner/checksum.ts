import { createHash } from "node:crypto";
import type { WantedSchema } from "../../contract";
import { canonical, canonicalValidator } from "./canonical";

/** The SHA-256, in hex, of what should exist: equal settings have equal checksums. */
export function checksumOf(wanted: WantedSchema): string {
  const collections = wanted.collections.map((collection) => ({
    ...collection,
    validator: canonicalValidator(collection.validator),
  }));
  const indexes = wanted.indexes.map(({ collection, name, key, unique, sparse }) => ({
    collection,
    name,
    key,
    unique,
    sparse,
  }));
  return createHash("sha256")
    .update(JSON.stringify(canonical({ collections, indexes })))
    .digest("hex");
}
