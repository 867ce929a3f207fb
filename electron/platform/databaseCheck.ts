/**
 * Checking a database after an unclean shutdown. A killed process does not damage SQLite, a failing disk or power cut
 * may: a small file is checked before it is used, a large one beside the running app, because ten million events take
 * longer to check than a person waits for a start.
 */
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Logger } from "#core/ports/logger.ts";
import { workerEntry } from "./workerEntry.ts";

/** About a second of checking. */
const LARGE_BYTES = 128 * 1024 * 1024;

export interface BackgroundCheck {
  /** The whole file was found sound. */
  isDone(): boolean;
  /** Settles when the check is over, whatever it found. */
  readonly over: Promise<void>;
  stop(): void;
}

export interface CheckOptions {
  readonly file: string;
  readonly logger: Logger;
  /** Told when a check beside the running app finds damage: a sentence for a person. */
  readonly onDamage?: (sentence: string) => void;
  /** Tests only: what counts as large. */
  readonly largeBytes?: number;
}

export function isTooLargeToWaitFor({ file, largeBytes = LARGE_BYTES }: CheckOptions): boolean {
  return (
    !isSuspect(file) && statSync(file, { throwIfNoEntry: false }) !== undefined && statSync(file).size > largeBytes
  );
}

/** A check beside the running app found damage: the next start checks before use and repairs. */
export function isSuspect(file: string): boolean {
  return existsSync(suspectMark(file));
}

export function clearSuspicion(file: string): void {
  rmSync(suspectMark(file), { force: true });
}

export function checkBeside({ file, logger, onDamage }: CheckOptions): BackgroundCheck {
  const worker = new Worker(workerEntry("databaseCheckWorker", import.meta.url), {
    name: "database-check",
    workerData: file,
  });
  worker.unref();
  let isDone = false;
  const loaded = new Promise<void>((resolve) => {
    worker.once("message", () => resolve());
    worker.once("exit", () => resolve());
  });
  worker.on("message", (isSound: boolean | "loaded") => {
    if (isSound === "loaded") return;
    isDone = isSound;
    if (isSound) return;
    const sentence = `${file} is damaged in places. Restart Signalbox to have it repaired; what is recorded until then is kept as far as it can be read.`;
    logger.error("The check after an unclean shutdown found damage.", { file });
    writeFileSync(suspectMark(file), "", { mode: 0o600 });
    onDamage?.(sentence);
  });
  worker.on("error", (error) => logger.warn("The database could not be checked.", { error: String(error) }));
  const over = new Promise<void>((resolve) => void worker.on("exit", () => resolve()));
  return { isDone: () => isDone, over, stop: () => void loaded.then(() => worker.terminate()) };
}

function suspectMark(file: string): string {
  return `${file}.damage_found`;
}
