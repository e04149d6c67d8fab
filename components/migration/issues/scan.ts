/** How a scan may use the server; by default as long as it takes, on the primary. */
export interface ScanOptions {
  /** How long one scan may take, in ms. */
  readonly maxTimeMS?: number;
  readonly readPreference?: "secondaryPreferred";
}
