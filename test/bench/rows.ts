/** Every row, in the order in which a failure would hurt most. */
import type { Row } from "./bench.ts";
import { bus } from "./bus.ts";
import { bytes } from "./bytes.ts";
import { fleet200 } from "./fleet200.ts";
import { flood } from "./flood.ts";
import { gateway } from "./gateway.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { ledger } from "./ledger.ts";
import { longRecording } from "./longRecording.ts";
import { memory } from "./memory.ts";
import { paint } from "./paint.ts";
import { recording } from "./recording.ts";
import { restart } from "./restart.ts";
import { start } from "./start.ts";
import { store } from "./store.ts";

export const ROWS: readonly Row[] = [
  bytes,
  recording,
  latency,
  restart,
  idle,
  store,
  bus,
  start,
  gateway,
  ledger,
  memory,
  paint,
  fleet200,
  flood,
  longRecording,
];
