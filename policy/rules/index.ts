/** The rules of the pack, in the order of the table in docs/policy.md. */
import type { Rule } from "../rule";
import { secretConnectionStrings, tls } from "./connections";
import { backups, closedAccessList, deletionProtection, validation } from "./database";
import { pinnedImages } from "./images";

export const rules: readonly Rule[] = [
  deletionProtection,
  backups,
  closedAccessList,
  tls,
  secretConnectionStrings,
  validation,
  pinnedImages,
];
