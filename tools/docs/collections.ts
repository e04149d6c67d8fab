import { collections, describeKey, indexNameIn, type Collection } from "../../components/contract";

/** The page `docs/collections.md`, written by `make docs`. */
export function collectionsPage(): string {
  return [
    "# Collections",
    "Made from `components/contract/collections.ts` by `make docs`.",
    ...Object.values(collections).map(section),
    "",
  ].join("\n\n");
}

function section(collection: Collection): string {
  const fields = Object.entries(collection.fields).map(([name, field]) => {
    const rule = field.assumed ? "not validated" : field.optional ? "optional" : "required";
    return `| \`${name}\` | ${field.type} | ${rule} | ${field.note} |`;
  });
  const indexes = collection.indexes.map((index) => {
    const { key, unique, sparseUntilTenancy } = index;
    const options = unique
      ? "unique"
      : sparseUntilTenancy
        ? "sparse until tenancy is enforced"
        : "";
    return `| \`${indexNameIn(collection.name, index)}\` | \`${describeKey(key)}\` | ${options} | ${index.note} |`;
  });
  return [
    `## \`${collection.name}\`\n`,
    "| field | type | validator | meaning |",
    "| --- | --- | --- | --- |",
    ...fields,
    "",
    "| index | key | options | what for |",
    "| --- | --- | --- | --- |",
    ...indexes,
  ].join("\n");
}
