/** The rules of the pack, in the order of the table in docs/policy.md. */
import type { Rule } from "../rule";
import { closedAccessList } from "./access";
import { backups, backupSchedule } from "./backups";
import { pinnedImages } from "./images";
import { deletionProtection } from "./protection";
import { secretConnectionStrings } from "./secret-strings";
import { tls } from "./tls";
import { validation } from "./validation";

export const rules: readonly Rule[] = [
  deletionProtection,
  backups,
  backupSchedule,
  closedAccessList,
  tls,
  secretConnectionStrings,
  validation,
  pinnedImages,
];
