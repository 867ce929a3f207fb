/** How old a byte is when the core has it: through the keeper with its log, and through node-pty alone. */
import type { Bench, Finding, Row } from "./bench.ts";
import { interleave } from "./bench.ts";
import { spawnBare, startKeeper } from "./builtKeeper.ts";
import type { BuiltKeeper } from "./builtKeeper.ts";
import { percentile } from "./numbers.ts";
import { compileC } from "./programs.ts";
import { StampReader } from "./stamps.ts";

const FLOODS = 20;
const EVERY_US = 5000;

export const latency: Row = {
  name: "latency",
  about: `child write to core, idle and beside ${FLOODS} floods, against node-pty`,
  run,
};

async function run(bench: Bench): Promise<readonly Finding[]> {
  const keeper = await startKeeper(bench);
  const program = await compileC(bench.dir);
  const stamps = bench.isQuick ? 200 : 1000;
  const measure = (side: Side, floods: number) => async (): Promise<readonly number[]> => {
    const ages = await side(keeper, program, { stamps, floods });
    return [percentile(ages, 0.5), percentile(ages, 0.99)];
  };
  const found = await interleave(bench.rounds, {
    oursIdle: measure(throughKeeper, 0),
    bareIdle: measure(throughNodePty, 0),
    oursFlooded: measure(throughKeeper, FLOODS),
    bareFlooded: measure(throughNodePty, FLOODS),
  });
  const p50 = (values: readonly number[]): readonly number[] => values.filter((_, index) => index % 2 === 0);
  const p99 = (values: readonly number[]): readonly number[] => values.filter((_, index) => index % 2 === 1);
  const line = (what: string, sides: { ours: readonly number[]; bare: readonly number[] }): Finding => ({
    what,
    unit: "ms",
    ours: sides.ours,
    other: { name: "node-pty", values: sides.bare },
  });
  const { oursIdle, bareIdle, oursFlooded, bareFlooded } = found;
  return [
    line("child write → core p50, idle", { ours: p50(oursIdle), bare: p50(bareIdle) }),
    { ...line("child write → core p99, idle", { ours: p99(oursIdle), bare: p99(bareIdle) }), goal: { atMost: 1 } },
    line(`p50 beside ${FLOODS} floods`, { ours: p50(oursFlooded), bare: p50(bareFlooded) }),
    {
      ...line(`p99 beside ${FLOODS} floods`, { ours: p99(oursFlooded), bare: p99(bareFlooded) }),
      goal: { ratioAtMost: 1.5 },
    },
  ];
}

interface Load {
  readonly stamps: number;
  readonly floods: number;
}

type Side = (keeper: BuiltKeeper, program: string, load: Load) => Promise<readonly number[]>;

async function throughKeeper(keeper: BuiltKeeper, program: string, load: Load): Promise<readonly number[]> {
  const reader = new StampReader(load.stamps);
  const unread = { data: () => undefined, exit: () => undefined };
  for (let i = 0; i < load.floods; i += 1) await keeper.spawn([program, "flood"], unread);
  const stamp = [program, "stamp", "steady", String(load.stamps), String(EVERY_US)];
  await keeper.spawn(stamp, { data: (_offset, bytes) => reader.push(bytes), exit: () => undefined });
  try {
    return await reader.complete();
  } finally {
    await keeper.clear();
  }
}

async function throughNodePty(_keeper: BuiltKeeper, program: string, load: Load): Promise<readonly number[]> {
  const reader = new StampReader(load.stamps);
  const ptys = Array.from({ length: load.floods }, () => spawnBare([program, "flood"]));
  for (const pty of ptys) pty.onData(() => undefined);
  const stamped = spawnBare([program, "stamp", "steady", String(load.stamps), String(EVERY_US)]);
  stamped.onData((chunk) => reader.push(chunk));
  try {
    return await reader.complete();
  } finally {
    const all = [...ptys, stamped];
    const gone = all.map((pty) => new Promise<void>((resolve) => pty.onExit(() => resolve())));
    for (const pty of all) pty.kill("SIGKILL");
    await Promise.all(gone);
  }
}
