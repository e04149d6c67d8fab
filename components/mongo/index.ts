/** How MongoDB is reached: one client a URI, shared by everything in a process, and retries of its trouble. */
export {
  previewTimeout,
  closeConnections,
  commandWriteConcern,
  databaseAt,
  onOwnConnection,
  readingAfter,
} from "./client";
export {
  addressIn,
  answerIn,
  ConnectionError,
  formatHosts,
  membersWithoutPrimary,
  sameServer,
  type DatabaseAddress,
} from "./server";
export {
  isOfDocument,
  type Patience,
  resumeCursor,
  ServerTroubleError,
  withRetries,
} from "./server-trouble";
