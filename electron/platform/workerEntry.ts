/** Where a worker's code lies: beside its host, as source in development and bundled under the same name in out/. */
export function workerEntry(name: string, hostUrl: string): URL {
  return new URL(`./${name}${hostUrl.endsWith(".ts") ? ".ts" : ".js"}`, hostUrl);
}

/**
 * For threads through which much passes and little stays. With the default, three times 16 MB, V8 lets what has passed lie
 * for so long that the process grows by hundreds of MB while an agent prints gigabytes; with this it stays where it is, and
 * what it parses a second is not less.
 */
export const LEAN_HEAP = { maxYoungGenerationSizeMb: 8 } as const;
