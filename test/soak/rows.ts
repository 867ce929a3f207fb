/** Every row, short ones first. A row's CI form is its file in test/integration/soak. */
import { agents } from "./agents.ts";
import { behind } from "./behind.ts";
import { budget } from "./budget.ts";
import { bus } from "./bus.ts";
import { corpus } from "./corpus.ts";
import { cycles } from "./cycles.ts";
import { diskErrors } from "./diskErrors.ts";
import { flips } from "./flips.ts";
import { kills } from "./kills.ts";
import { letters } from "./letters.ts";
import { logs } from "./logs.ts";
import { migrations } from "./migrations.ts";
import { overshoot } from "./overshoot.ts";
import { power } from "./power.ts";
import { steady } from "./steady.ts";
import { streams } from "./streams.ts";
import { workflows } from "./workflows.ts";
import type { SoakRow } from "./soak.ts";

export const ROWS: readonly SoakRow[] = [
  flips,
  logs,
  power,
  migrations,
  diskErrors,
  streams,
  cycles,
  bus,
  behind,
  letters,
  workflows,
  kills,
  budget,
  overshoot,
  corpus,
  agents,
  steady,
];
