/**
 * A run's id as file names write it, without their extension: as the writer's own system has it
 * first, then as a Windows system has it. A character that a file name cannot hold is `_` there, so
 * two ids can share a name.
 */
export function fileStems(runId: string): string[] {
  const stem = runId.replace(/[/\0]/g, "_");
  return [...new Set([stem, stem.replace(/[\x01-\x1f<>:"\\|?*]/g, "_")])];
}
