/** Access to MongoDB: one client per URI, shared by the process, and retries. */
export {
  previewTimeout,
  closeConnections,
  commandWriteConcern,
  databaseAt,
  onOwnConnection,
  ownAppName,
  readingAfter,
  type ConnectionOptions,
} from "./client";
export {
  addressIn,
  answerIn,
  ConnectionError,
  formatHosts,
  hostsIn,
  membersWithoutPrimary,
  sameServer,
  type DatabaseAddress,
} from "./server";
export { isDocumentCode, type Patience, ServerTroubleError, withRetries } from "./server-trouble";
