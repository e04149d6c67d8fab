/** The connection to MongoDB: one client a URI, shared by everything in a process. */
export {
  briefReach,
  closeConnections,
  databaseAt,
  onOwnConnection,
  type ConnectionOptions,
  type DatabaseAddress,
} from "./client";
export { ConnectionError, membersWithoutPrimary } from "./errors";
export { hostsInWords, sameDatabase, sameServer } from "./server";
