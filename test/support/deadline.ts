/** Waiting without sleeping: a condition or a promise, and a time after which the wait is a failure with a name. */
export const DEFAULT_DEADLINE_MS = 30_000;

/** Settles like `promise`, or rejects naming what was awaited. */
export async function within<T>(what: string, promise: Promise<T>, deadlineMs = DEFAULT_DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not within ${deadlineMs} ms: ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with the first value that is neither undefined nor false; looks at every turn, ever less often. */
export async function eventually<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (let pauseMs = 0; ; pauseMs = Math.min(50, pauseMs + 2)) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endsAt) throw new Error(`Not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
