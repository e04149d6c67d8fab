/** The connection to MongoDB: one client a URI, shared by everything in a process. */
export {
  briefReach,
  closeConnections,
  databaseAt,
  onOwnConnection,
  type ConnectionOptions,
  type DatabaseAddress,
} from "./client";
export { ConnectionError } from "./errors";
export { hostsInWords, sameDatabase, sameServer } from "./server";
