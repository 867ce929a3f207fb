import { expect, test } from "vitest";
import type { MachineLoad } from "#core/ports/resources.ts";
import { ManualClock } from "#test/support/manualClock.ts";
import { StartGate, waitReason, type GateRequest, type GateRules } from "./startGate.ts";

const GB = 1_000_000_000;
const command: GateRequest = { isCli: false, isRestart: false };
const cli: GateRequest = { isCli: true, isRestart: false };

function rig(load: MachineLoad, rules: GateRules = { startAboveFreeMb: 1500, startBelowCpuPercent: 98 }) {
  const clock = new ManualClock();
  const machine = { load, looks: 0 };
  const resources = {
    load: async () => {
      machine.looks += 1;
      return machine.load;
    },
    memoryOf: async () => new Map<string, number>(),
  };
  const gate = new StartGate({ clock, resources, rules: () => rules });
  const gone: string[] = [];
  const reasons: string[] = [];
  const queue = (name: string, request = command) =>
    gate.join({ request, go: () => gone.push(name), onReason: (reason) => reasons.push(reason) });
  const pass = (ms: number) => clock.advance(ms);
  return { gate, clock, machine, gone, reasons, queue, pass };
}

test("below the floor a start waits and says what for; above it, it goes at once", async () => {
  const { gate, machine, clock } = rig({ memoryFree: 1.2 * GB });
  expect(await gate.ask(command)).toBe("Waits for memory: 1.2 GB free, starts above 1.5 GB");
  machine.load = { memoryFree: 4 * GB };
  await clock.advance(300);
  expect(await gate.ask(command)).toBeUndefined();
});

test("those who wait go in order, one by one, when there is room again; nobody passes them", async () => {
  const { gate, machine, gone, queue, pass } = rig({ memoryFree: 0 });
  for (const name of ["a", "b", "c"]) queue(name);
  await pass(3000);
  expect(gone).toEqual([]);
  machine.load = { memoryFree: 8 * GB };
  await pass(1000);
  expect(gone.length).toBeGreaterThan(0);
  await pass(3000);
  expect(gone).toEqual(["a", "b", "c"]);
  machine.load = { memoryFree: 0 };
  queue("d");
  await pass(500);
  expect(await gate.ask(command)).toContain("Waits for memory");
});

test("who leaves the line is not started", async () => {
  const { machine, gone, queue, pass } = rig({ memoryFree: 0 });
  const leave = queue("a");
  queue("b");
  leave();
  machine.load = { memoryFree: 8 * GB };
  await pass(3000);
  expect(gone).toEqual(["b"]);
});

test("the machine is looked at only while somebody waits", async () => {
  const { gate, machine, queue, pass } = rig({ memoryFree: 0 });
  await pass(10_000);
  expect(machine.looks).toBe(0);
  await gate.ask(command);
  const leave = queue("a");
  await pass(3000);
  expect(machine.looks).toBeGreaterThan(2);
  leave();
  await pass(2000);
  const { looks } = machine;
  await pass(60_000);
  expect(machine.looks).toBe(looks);
});

test("ten agent CLIs at once count with what they will take, though the machine does not show it yet", async () => {
  const { gate } = rig({ memoryFree: 2.2 * GB });
  const reasons = await Promise.all(Array.from({ length: 10 }, () => gate.ask(cli)));
  expect(reasons.filter((reason) => reason === undefined)).toHaveLength(3);
});

test("under processor pressure starts go one by one, restarts at once, and a limit of 100 never minds", async () => {
  const rules = { startAboveFreeMb: 0, startBelowCpuPercent: 90 };
  const look = { request: command, free: 0, cpuPressure: 97, sinceLastStartMs: 10 };
  expect(waitReason(rules, look)).toContain("Waits for the processor");
  expect(waitReason(rules, { ...look, sinceLastStartMs: 1000 })).toBeUndefined();
  expect(waitReason(rules, { ...look, request: { isCli: true, isRestart: true } })).toBeUndefined();
  expect(waitReason({ ...rules, startBelowCpuPercent: 100 }, { ...look, cpuPressure: 100 })).toBeUndefined();
});
