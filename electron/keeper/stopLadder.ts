/**
 * Ending a session for good: continue it, ask politely where an adapter knows how, SIGTERM to its process group, wait,
 * then SIGKILL the whole tree until nobody is left. No keystrokes and no SIGHUP of our own.
 */
import {
  killSessions,
  scanProcesses,
  sendSignal,
  sessionMembers,
  signalProcess,
  type KillOutcome,
} from "#platform/processTree.ts";
import type { Session } from "./session.ts";

/** A polite input gets this long, within the grace, before SIGTERM. */
const POLITE_WAIT_MS = 2000;
/** How often it is looked whether the process group has emptied, and only while a stop waits for it. */
const GROUP_LOOK_MS = 50;
/** After SIGKILL the kernel needs a moment; a process stuck in the kernel must not hang the answer. */
const EXIT_AFTER_KILL_MS = 2000;

export interface StopOptions {
  readonly politeInput: Uint8Array | undefined;
  readonly graceMs: number;
}

/** Safe to call twice, the stricter call wins. */
export async function stopSession(session: Session, options: StopOptions): Promise<KillOutcome> {
  session.isStopping = true;
  if (options.graceMs > 0) await askToEnd(session, options);
  return killAndFinish([session]);
}

/** Kills every process of the given sessions at once. */
export async function killAndFinish(sessions: readonly Session[]): Promise<KillOutcome> {
  for (const session of sessions) session.isStopping ||= session.exit === undefined;
  const outcome = await killSessions(sessions.map((session) => session.processes));
  await Promise.all(sessions.map((session) => within(session.ended, EXIT_AFTER_KILL_MS)));
  for (const session of sessions) session.finish();
  return outcome;
}

async function askToEnd(session: Session, { politeInput, graceMs }: StopOptions): Promise<void> {
  // The look also remembers the whole tree, so that what is orphaned meanwhile is still known at the kill.
  const members = sessionMembers(await scanProcesses(), session.processes);
  if (session.exit !== undefined) return;
  for (const member of members) if (member.state === "stopped") await signalProcess(member, "SIGCONT");
  if (politeInput !== undefined && session.write(politeInput)) {
    await within(session.ended, Math.min(graceMs, POLITE_WAIT_MS));
  }
  if (session.exit !== undefined) return;
  const deadline = performance.now() + graceMs;
  // Nobody to ask: Windows has no SIGTERM, and a group that is gone needs no grace.
  if (!sendSignal(-session.pid, "SIGTERM")) return;
  // Again: a SIGSTOP on its way when we looked would hold the SIGTERM back until the grace is over.
  sendSignal(-session.pid, "SIGCONT");
  await within(session.ended, graceMs);
  // A shell dies at once while the program it ran is still saving its work: the group has the grace, not the shell.
  while (performance.now() < deadline && (await hasGroup(session))) {
    await new Promise((resolve) => setTimeout(resolve, GROUP_LOOK_MS));
  }
}

async function hasGroup(session: Session): Promise<boolean> {
  if (!sendNothing(-session.pid)) return false;
  const members = sessionMembers(await scanProcesses(), session.processes);
  return members.some((member) => member.pgid === session.pid);
}

function sendNothing(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** True when it happened in time. */
async function within(event: Promise<unknown>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  const happened = await Promise.race([event.then(() => true), timeout]);
  clearTimeout(timer);
  return happened;
}
