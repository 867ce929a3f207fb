/** The Logger port over pino: JSON lines in `<data>/logs/core.log`, turned over at start. A full disk costs log lines, nothing else. */
import { fsyncSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import type { Logger } from "#core/ports/logger.ts";

/** A month of a busy installation; grep still takes a blink. */
const TURN_OVER_BYTES = 10 * 1024 * 1024;
const KEPT = 5;

export interface LoggerOptions {
  readonly dataDir: string;
  /** Default info. */
  readonly level?: "debug" | "info" | "warn" | "error";
  /** Default core: `logs/core.log`. */
  readonly name?: string;
}

export interface FileLogger extends Logger {
  readonly file: string;
  /** What was written is on the disk, as far as the disk takes it. */
  flush(): void;
}

export function createFileLogger({ dataDir, level = "info", name = "core" }: LoggerOptions): FileLogger {
  const folder = join(dataDir, "logs");
  const file = join(folder, `${name}.log`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  turnOver(folder, name);
  const descriptor = openSync(file, "a", 0o600);
  const log = pino(
    { level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: lineWriter(descriptor) },
  );
  return {
    file,
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
    flush: () => attempt(() => fsyncSync(descriptor)),
  };
}

/**
 * Synchronous, so that the lines before a crash are there. Not pino's own destination: on a full disk its flush tries
 * for ever, and an app that cannot quit is worse than a log line that is missing.
 */
function lineWriter(descriptor: number): (line: string) => void {
  return (line) => attempt(() => void writeSync(descriptor, line));
}

/** The disk is full or gone: there is nowhere left to say so. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    return;
  }
}

/** core.log becomes core.1.log and so on; the oldest is overwritten. */
function turnOver(folder: string, name: string): void {
  const numbered = (index: number): string => join(folder, index === 0 ? `${name}.log` : `${name}.${index}.log`);
  try {
    if (statSync(numbered(0)).size < TURN_OVER_BYTES) return;
  } catch {
    return;
  }
  for (let index = KEPT - 1; index >= 0; index--) {
    try {
      renameSync(numbered(index), numbered(index + 1));
    } catch {
      // That number was never reached.
    }
  }
}
