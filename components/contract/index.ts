/** The contract: the specification's requirements for MongoDB, as data. */
export {
  byRole,
  collectionRoles,
  collections,
  checkpointsCollection,
  indexNameIn,
  stepEnumerations,
  stepTables,
  type Collection,
  type CollectionRole,
  type Field,
  type Index,
  type IndexKey,
  type FieldType,
  type StepEnumeration,
  type StepTable,
} from "./collections";
export { defaultFolders, type StateFolders, type Store } from "./folders";
export { applicationRole, migratorRole, type DatabaseRole, type ServiceCollections } from "./roles";
export {
  beginsWith,
  buildSchema,
  describeKey,
  type ContractSchema,
  type SchemaOptions,
  type WantedCollection,
  type WantedIndex,
  type WantedSchema,
} from "./schema";
export { describeRule, validatorOf } from "./validator";
