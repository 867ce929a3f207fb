/** estop: every agent and everything it started, gone. Through the app; without one, or when it fails, through the keepers. */
import type { CliContext, Command } from "./command.ts";
import { connectToApp } from "./connection.ts";
import { keeperEndpoints, killAllOf, sweepLeftovers } from "./keepers.ts";
import { DONE, refused } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

/** An app that does not even take the call has no say in an emergency. */
const CONNECT_TIMEOUT_MS = 1_000;
/** The promise is two seconds; an app that needs longer is helped. */
const APP_PATIENCE_MS = 4_000;
/** A keeper that hangs is not waited for: what it holds is found without it. */
const KEEPER_PATIENCE_MS = 1_000;

export const estopCommands: Readonly<Record<string, Command>> = {
  estop: {
    usage: "estop",
    summary: "Emergency stop: kill every agent and everything it started",
    takes: [0, 0],
    run: async (context) => {
      const startedAt = performance.now();
      const ended = (await viaApp(context)) ?? (await viaKeepers(context));
      if ("exit" in ended) return ended;
      const tookMs = Math.round(performance.now() - startedAt);
      if (context.out.isJson) await context.out.json({ killed: ended.killed, tookMs });
      else await context.out.line(endWords(ended, tookMs));
      return DONE;
    },
  },
};

interface Ended {
  /** Processes; a lower bound where `isUncounted`. */
  readonly killed: number;
  /** A keeper did its work and was too slow to say how much that was. */
  readonly isUncounted: boolean;
}

function endWords({ killed, isUncounted }: Ended, tookMs: number): string {
  const processes = `${killed} process${killed === 1 ? "" : "es"}`;
  if (isUncounted)
    return `Everything has ended in ${tookMs} ms; a keeper was too slow to say how many processes that were.`;
  return killed === 0 ? "Nothing runs." : `${processes} ended in ${tookMs} ms.`;
}

/** Undefined when the app is not there or did not do it. */
async function viaApp(context: CliContext): Promise<Ended | undefined> {
  const connected = await connectToApp(context.dataDir, CONNECT_TIMEOUT_MS);
  if (!connected.ok) return undefined;
  const client = connected.value;
  const patience = setTimeout(() => client.close(), APP_PATIENCE_MS);
  try {
    const result = await client.command("app.estop", {});
    if (result.ok) return { killed: result.value.killed, isUncounted: false };
    context.out.complain(`signalbox: the app could not do it (${result.error.message}) The keeper is asked instead.`);
    return undefined;
  } finally {
    clearTimeout(patience);
    client.close();
  }
}

/** Keepers first, then whatever they, or keepers that died, left. */
async function viaKeepers(context: CliContext): Promise<Ended | Outcome> {
  const { dataDir } = context;
  const answers = await Promise.all(
    keeperEndpoints(dataDir).map((keeper) => killAllOf(dataDir, keeper, KEEPER_PATIENCE_MS)),
  );
  const swept = await sweepLeftovers(dataDir);
  if (swept?.ok === false) return refused(swept.error);
  const counts = [...answers, swept].flatMap((answer) => (answer?.ok === true ? [answer.value] : []));
  return {
    killed: counts.reduce((sum, count) => sum + count, 0),
    isUncounted: answers.some((answer) => answer?.ok === false),
  };
}
