/** The fleet files on disk: read, written whole, and watched without polling. */
import type { Result } from "#shared/model/result.ts";

export interface FleetFiles {
  /** Absolute path of what a person typed. */
  resolve(file: string): string;
  /** Errors: not_found, bad_request. */
  read(file: string): Promise<Result<string>>;
  /** Atomic: a new file renamed over the old. */
  write(file: string, text: string): Promise<Result<void>>;
  exists(path: string): Promise<boolean>;
  /** Calls back after the file settled; the returned function ends it. */
  watch(file: string, onChange: () => void): () => void;
}
