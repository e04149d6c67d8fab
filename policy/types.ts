/** The types of resources that the rules look at. */
export const types = {
  atlasCluster: "mongodbatlas:index/advancedCluster:AdvancedCluster",
  atlasAccess: "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
  atlasSchedule: "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule",
  operatorCluster: "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
  release: "kubernetes:helm.sh/v3:Release",
  cluster: "taskrunner:storage:MongoCluster",
  collection: "pulumi-nodejs:dynamic/mongo:Collection",
  migrationJob: "pulumi-nodejs:dynamic/mongo:MigrationJob",
} as const;
