/**
 * The thread that keeps recordings: one piece of work at a time (a segment packed, a stretch cut), so that nothing is cut
 * while it is packed; long work goes to the end of the queue between two segments, so that nobody waits for all of it.
 */
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import type { RecordingRef, StoredRecording } from "#core/ports/recordingArchive.ts";
import { looseEnd } from "#shared/lib/looseEnd.ts";
import { bytesWords } from "#shared/lib/words.ts";
import { fail, ok, type Result } from "#shared/model/result.ts";
import type { ArchiveAnswer, ArchiveOrder, ArchiveReport } from "./recordingArchive.ts";
import {
  dropKeyframes,
  KeyframeMaker,
  keyframesFile,
  keyframeStarts,
  KEYFRAME_EVERY_BYTES,
} from "./recordingKeyframes.ts";
import { RecordingScreens } from "./recordingScreens.ts";
import { surveyRecording } from "./recordingSurvey.ts";
import { removeStretch, tidyLog } from "./segmentLogCut.ts";
import { SEGMENT_INDEX_FILE, segmentFileName } from "./segmentLogFiles.ts";
import { packSegment } from "./segmentLogPacked.ts";

/** A small file takes a block of the disk packed or not. */
const MIN_PACKED_BYTES = 64 * 1024;
/** Packing is nobody's hurry: it rests as long as it worked, so that agents have the processor. */
const REST_SHARE = 1;

const { sessionsDir } = z.object({ sessionsDir: z.string() }).parse(workerData);
const maker = new KeyframeMaker();
const screens = new RecordingScreens();
const queue: (() => Promise<void>)[] = [];
let isBusy = false;
/** Works that rest between two of their steps. */
let resting = 0;

function dirOf(sessionId: string): string {
  return join(sessionsDir, sessionId);
}

/** One segment's worth of work; false when nothing is left to do. */
async function tendOnce({ sessionId, readTo }: RecordingRef): Promise<boolean> {
  const dir = dirOf(sessionId);
  const recording = await surveyRecording(sessionId, dir);
  const end = looseEnd(recording, readTo);
  const sealed = recording.segments.filter((segment) => segment.end <= end);
  if (recording.size > KEYFRAME_EVERY_BYTES && (await maker.makeNext(dir, sealed))) return true;
  const raw = sealed.find((segment) => !segment.isPacked && segment.diskBytes >= MIN_PACKED_BYTES);
  if (raw === undefined) return false;
  await packSegment(join(dir, segmentFileName(raw.start)));
  return true;
}

async function tend(recording: RecordingRef, { answer, again }: Asker): Promise<void> {
  const dir = dirOf(recording.sessionId);
  await tidyLog(dir, recording.readTo !== undefined);
  await dropOrphans(recording.sessionId);
  const step = async (): Promise<void> => {
    const began = performance.now();
    if (!(await tendOnce(recording)))
      return answer({ type: "recording", recording: await surveyRecording(recording.sessionId, dir) });
    again(step, (performance.now() - began) * REST_SHARE);
  };
  await step();
}

/** Keyframes of segments that are gone. */
async function dropOrphans(sessionId: string): Promise<void> {
  const dir = dirOf(sessionId);
  const { segments } = await surveyRecording(sessionId, dir);
  const starts = new Set(segments.map(({ start }) => start));
  for (const start of await keyframeStarts(dir)) if (!starts.has(start)) await unlink(keyframesFile(dir, start));
}

async function remove(order: Extract<ArchiveOrder, { type: "remove" }>): Promise<Result<StoredRecording>> {
  const { recording, removal } = order;
  const { sessionId, readTo } = recording;
  const dir = dirOf(sessionId);
  const before = await surveyRecording(sessionId, dir);
  const limit = looseEnd(before, readTo);
  if (removal.to > limit)
    return fail(
      "running",
      `The last ${bytesWords(before.size - limit)} belong to the screen of a running agent and cannot be deleted. Stop it first, or delete an earlier stretch.`,
      { until: limit },
    );
  maker.forget();
  // First what was drawn from the bytes: a crash after this loses nothing but time.
  if (removal.reason === "person") await dropKeyframes(dir, removal.from);
  if (removal.to > removal.from) await removeStretch(dir, removal, readTo !== undefined);
  await dropOrphans(sessionId);
  const left = await surveyRecording(sessionId, dir);
  // Nothing is left that the times could be of.
  if (left.segments.length === 0 && readTo === undefined)
    await unlink(join(dir, SEGMENT_INDEX_FILE)).catch(() => undefined);
  return ok(await surveyRecording(sessionId, dir));
}

interface Asker {
  readonly answer: (answer: ArchiveAnswer) => void;
  /** The rest of the work, after a rest, behind whoever waits; meanwhile others have their turn. */
  readonly again: (work: () => Promise<void>, restMs: number) => void;
}

async function perform(order: ArchiveOrder, { answer, again }: Asker): Promise<void> {
  switch (order.type) {
    case "survey":
      return answer({ type: "recording", recording: await surveyRecording(order.sessionId, dirOf(order.sessionId)) });
    case "tend":
      return tend(order.recording, { answer, again });
    case "remove":
      return answer({ type: "removed", result: await remove(order) });
    case "screen":
      return answer({ type: "screen", screen: await screens.at(dirOf(order.sessionId), order.offset) });
    case "forget":
      return screens.forget(dirOf(order.sessionId));
  }
}

async function run(): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  for (let work = queue.shift(); work !== undefined; work = queue.shift()) await work();
  // Work that rests goes on with the screen at hand.
  if (resting === 0) maker.forget();
  isBusy = false;
}

function afterRest(work: () => Promise<void>, restMs: number): void {
  resting += 1;
  setTimeout(() => {
    resting -= 1;
    queue.push(work);
    void run();
  }, restMs);
}

/** What fails is answered so, whichever step of it fails. */
function guarded(id: number, work: () => Promise<void>): () => Promise<void> {
  return () =>
    work().catch((error: unknown) =>
      parentPort?.postMessage({ id, answer: { type: "failed", error: String(error) } } satisfies ArchiveReport),
    );
}

parentPort?.on("message", ({ id, order }: { readonly id: number; readonly order: ArchiveOrder }) => {
  const answer = (message: ArchiveAnswer): void =>
    parentPort?.postMessage({ id, answer: message } satisfies ArchiveReport);
  queue.push(
    guarded(id, () => perform(order, { answer, again: (work, restMs) => afterRest(guarded(id, work), restMs) })),
  );
  void run();
});
