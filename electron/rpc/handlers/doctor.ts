/** What a person would check first, checked for them. */
import type { DoctorCheck } from "#shared/contract/index.ts";
import type { Core } from "#core/app.ts";

export async function examine(core: Core): Promise<DoctorCheck[]> {
  const clis = core.adapters
    .filter((adapter) => adapter.id !== "command")
    .map(async (adapter) => cliCheck(await adapter.detect()));
  return [
    await keeperCheck(core),
    storeCheck(core),
    await shellCheck(core),
    ...networkChecks(core),
    ...fleetChecks(core),
    ...(await Promise.all(clis)),
  ];
}

async function keeperCheck(core: Core): Promise<DoctorCheck> {
  const listed = await core.ports.ptyHost.list();
  if (!listed.ok)
    return {
      name: "session keeper",
      status: "failed",
      message: listed.error.message,
      advice: "Restart Signalbox; agents that run are adopted.",
    };
  const running = listed.value.filter((session) => session.exit === undefined).length;
  return {
    name: "session keeper",
    status: "ok",
    message: `Answers; holds ${running} running session${running === 1 ? "" : "s"}.`,
  };
}

function storeCheck(core: Core): DoctorCheck {
  const health = core.store.health();
  if (health.status !== "ok") return { name: "store", status: "failed", message: health.message ?? health.status };
  const notice = core.config.storeNotice();
  if (notice !== undefined) return { name: "store", status: "warning", message: notice };
  return {
    name: "store",
    status: "ok",
    message: `Writes; ${core.store.events.lastSeq()} events in ${core.ports.database.file}.`,
  };
}

async function shellCheck(core: Core): Promise<DoctorCheck> {
  const environment = await core.ports.machine.environment();
  const folders = (environment["PATH"] ?? "").split(core.ports.machine.platform === "win32" ? ";" : ":").length;
  return { name: "shell environment", status: "ok", message: `PATH has ${folders} folders.` };
}

/** Nothing on a machine alone. */
function networkChecks({ joined, settings }: Core): DoctorCheck[] {
  const name = "NATS";
  const { network, notice } = joined;
  if (network === undefined)
    return notice === undefined ? [] : [{ name, status: "failed", message: `${settings.current.natsUrl}: ${notice}` }];
  const { server, state, version, warnings } = network.link;
  if (state !== "connected")
    return [
      {
        name,
        status: "failed",
        message: `${server} does not answer.`,
        advice: "Start nats-server there; Signalbox reconnects by itself.",
      },
    ];
  const others = joined.machines?.list().filter((machine) => machine.state === "online").length ?? 0;
  const message = `${server} answers, version ${version}; ${others} other machine${others === 1 ? "" : "s"} online.`;
  const [warning] = [joined.machines?.notice, ...warnings].filter((sentence) => sentence !== undefined);
  return [
    warning === undefined ? { name, status: "ok", message } : { name, status: "warning", message, advice: warning },
  ];
}

function fleetChecks(core: Core): DoctorCheck[] {
  return core.fleets.views().map(({ name, file, status, fileError }) => {
    if (fileError !== undefined) {
      return {
        name: `fleet ${name}`,
        status: "warning",
        message: `${file}:${fileError.line}:${fileError.column}: ${fileError.message}`,
        advice: "The last good version runs. Mend the file; it is applied as you save.",
      };
    }
    if (status === "gave_up")
      return {
        name: `fleet ${name}`,
        status: "failed",
        message: "Gave up: too many restarts.",
        advice: `Look at its agents, then: signalbox up ${file}`,
      };
    return { name: `fleet ${name}`, status: "ok", message: `${status}, from ${file}` };
  });
}

function cliCheck(cli: {
  name: string;
  installed: boolean;
  version?: string | undefined;
  path?: string | undefined;
  signIn: string;
  advice?: string | undefined;
}): DoctorCheck {
  const advice = cli.advice === undefined ? {} : { advice: cli.advice };
  if (!cli.installed) return { name: cli.name, status: "warning", message: "Not installed.", ...advice };
  const where = `${cli.version ?? "unknown version"} at ${cli.path ?? "?"}`;
  if (cli.signIn === "signed_out")
    return { name: cli.name, status: "warning", message: `${where}; not signed in.`, ...advice };
  return { name: cli.name, status: "ok", message: `${where}.` };
}
