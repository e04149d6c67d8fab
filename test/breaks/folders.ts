import type { Break } from "./breaks";

/** The folders of the stores. */
export const folderBreaks: readonly Break[] = [
  {
    guarantee: "logs in another folder than the settings name are not left out of a cutover",
    file: "components/transfer/steps/import.ts",
    find: "await requireStores(sides, inputs.approvals);",
    replace: "",
    tests: [
      "test/transfer/folders.test.ts > a store in another folder stops a cutover before the drain",
    ],
  },
  {
    guarantee: "a preview says that a store would be left out of the cutover",
    file: "components/rollout/update/cutover.ts",
    find: 'if (direction === "forward") await requireStores(address, approvals);',
    replace: "",
    tests: [
      "test/transfer/folders.test.ts > a store in another folder stops a cutover before the drain",
    ],
  },
  {
    guarantee: "runs in another folder than the settings name are not left out of a cutover",
    file: "components/state/stores.ts",
    find: "  await requireRuns(address);\n",
    replace: "",
    tests: [
      "test/transfer/folders.test.ts > runs in another folder than their logs stop a cutover",
    ],
  },
  {
    guarantee: "commands work on the folders that the settings name",
    file: "cli/state.ts",
    find: "folders: foldersOf(settings), collections };",
    replace: "folders: foldersOf({ ...settings, backfill: undefined }), collections };",
    tests: ["test/cli/import.test.ts > work on the folders that the settings name"],
  },
  {
    guarantee: "another folder of a store is another source",
    file: "components/transfer/steps/sides.ts",
    find: '  "folders",',
    replace: "",
    tests: ["test/transfer/folders.test.ts > goes to MongoDB whole, and another folder"],
  },
];
