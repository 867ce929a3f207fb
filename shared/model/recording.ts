/** What clients hear of recordings. */
import { z } from "zod";
import { bytesWords } from "../lib/words.ts";

/** Bytes from `from` to before `to` are gone: by the log policy, by a person, or because the disk lost them. */
export const outputGapSchema = z.object({
  from: z.number().int(),
  to: z.number().int(),
  reason: z.enum(["policy", "person", "missing", "damaged"]),
  /** When they were removed, ISO 8601. */
  at: z.string().optional(),
});
export type OutputGap = z.infer<typeof outputGapSchema>;

const HOW: Readonly<Record<OutputGap["reason"], string>> = {
  policy: "were removed by the log policy",
  person: "were deleted",
  missing: "are not on the disk any more",
  damaged: "are damaged on the disk",
};

/** "This begins at offset 900: 900 B were removed by the log policy on 2026-11-04." One sentence for a log, a replay, a search. */
export function gapWords({ from, to, reason, at }: OutputGap): string {
  const amount = bytesWords(to - from);
  const when = at === undefined ? "" : ` on ${at.slice(0, 10)}`;
  const what = from === 0 ? `This begins at offset ${to}` : `Output from offset ${from} to ${to} is left out`;
  return `${what}: ${amount} ${HOW[reason]}${when}.`;
}

/** One recording as the list of them shows it. */
export const recordingSchema = z.object({
  sessionId: z.string(),
  /** Absent for a session the store does not know. */
  path: z.string().optional(),
  generation: z.number().int().optional(),
  isRunning: z.boolean(),
  /** Ever printed, still there, and what that takes on the disk. */
  outputBytes: z.number().int(),
  keptBytes: z.number().int(),
  diskBytes: z.number().int(),
  /** When the last byte was written, ISO 8601. */
  writtenAt: z.string().optional(),
});
export type Recording = z.infer<typeof recordingSchema>;
