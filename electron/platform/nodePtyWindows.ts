/**
 * A pty on Windows, over node-pty's public ConPTY interface. ConPTY speaks UTF-8 only, so the strings node-pty hands
 * out turn back into the very bytes; node-pty itself flushes the console before it tells the exit. Not run by the
 * tests of other systems. Gap: without a job object (native code node-pty does not export) a process that leaves
 * its parent survives the keeper's taskkill.
 */
import type { PtyExit, PtyListener, PtyProcess, PtyRequest } from "./nodePtyProcess.ts";
import type { ConsoleModule } from "./nodePtyBinding.ts";

export function spawnWindowsPty(module: ConsoleModule, request: PtyRequest, listener: PtyListener): PtyProcess {
  const { file, args, cwd, env, cols, rows } = request;
  const terminal = module.spawn(file, [...args], { cwd, env: { ...env }, cols, rows });
  let isOver = false;
  terminal.onData((text) => listener.data(Buffer.from(text, "utf8")));
  terminal.onExit(({ exitCode }) => {
    isOver = true;
    listener.exit(windowsExit(exitCode));
  });
  const release = (): void => {
    if (!isOver) terminal.kill();
    isOver = true;
  };
  return {
    pid: terminal.pid,
    // node-pty queues inside and does not say how much.
    queuedInput: 0,
    write: (bytes) => {
      if (!isOver) terminal.write(Buffer.from(bytes));
    },
    resize: (columns, lines) => {
      if (!isOver) terminal.resize(columns, lines);
    },
    setPaused: (isPaused) => (isPaused ? terminal.pause() : terminal.resume()),
    finish: release,
    dispose: release,
  };
}

/** TerminateProcess of taskkill shows as code 1; Windows knows no signals. */
function windowsExit(exitCode: number): PtyExit {
  return { code: exitCode, signal: null };
}
