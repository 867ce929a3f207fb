/** Where a worker's code lies: beside its host, as source in development and bundled under the same name in out/. */
export function workerEntry(name: string, hostUrl: string): URL {
  return new URL(`./${name}${hostUrl.endsWith(".ts") ? ".ts" : ".js"}`, hostUrl);
}
