/** The connection to MongoDB: one client a URI, shared by everything in a process. */
export {
  briefReach,
  closeConnections,
  databaseAt,
  onOwnConnection,
  type ConnectionOptions,
} from "./client";
export { ConnectionError, membersWithoutPrimary } from "./errors";
export { type DatabaseAddress, addressIn, hostsInWords, sameServer } from "./server";
