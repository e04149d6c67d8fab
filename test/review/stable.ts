/**
 * A preview of a test without the folders of tests: its files are in the repository, beside `comment`, its state is
 * not. The length of a folder would change where a comment breaks its lines.
 *
 * @param folder the test's own, absolute
 */
export function withoutFolders(preview: string, folder: string): string {
  return preview
    .replaceAll(`${folder}/var/`, "/var/")
    .replaceAll(folder, process.cwd())
    .replace(/\/[^"\s]*\/cluster-\d+\/kubeconfig/g, "/site/kubeconfig");
}

/**
 * A comment of a test as it is on any machine and day: without the server's port, the Secret's random name and the
 * time. What the preview is about is as it was.
 */
export function stable(body: string): string {
  const text = body
    .replace(
      /\b(taskrunner-mongo-connection-)[0-9a-f]{8}\b/g,
      (_, name: string) => `${name}5f3a9c21`,
    )
    .replace(/https:\/\/127\.0\.0\.1:\d+/g, "https://cluster.example:6443")
    .replace(/\b127\.0\.0\.1:\d+/g, "127.0.0.1:27017")
    .replace(/\b20\d\d-\d\d-\d\d \d\d:\d\d UTC/, "2025-11-06 12:00 UTC")
    .replace(/about [\d.]+ s\b/g, "about 72 s")
    .replace(/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "2025-11-06T12:00:00.000Z");
  return `${text}\n`;
}
