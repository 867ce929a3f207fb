/** How a command ended, and the exit code scripts rely on: 0 done, 1 refused, 2 usage, 3 no running app. */
import type { Rejection } from "#shared/model/result.ts";

export type Outcome =
  | { readonly exit: 0 }
  | { readonly exit: 1; readonly error: Rejection }
  | { readonly exit: 2; readonly message: string }
  | { readonly exit: 3; readonly message: string };

export const DONE: Outcome = { exit: 0 };

export function refused(error: Rejection): Outcome {
  return { exit: 1, error };
}

export function usage(message: string): Outcome {
  return { exit: 2, message };
}
