/** The migration's id in the ledger: the name it has upstream (the document, first paragraph). */
export const migrationId = "20251106-task-runner-baseline";
