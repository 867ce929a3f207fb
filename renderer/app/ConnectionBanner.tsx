/** One banner at a time, the worst first: no core, no store, no keeper, fleets that wait after a reboot. */
import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useAppState, useConnection, useInfo, useKeys, useNowText, useStatus } from "#renderer/state/hooks.ts";
import { Banner } from "#renderer/ui/Banner.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { exactClock, plural } from "#shared/lib/words.ts";
import type { AppStatus } from "#shared/contract/index.ts";

export function ConnectionBanner(): ReactElement | null {
  const connection = useConnection();
  const lostAt = useAppState((state) => state.lostAt);
  const status = useStatus();
  if (connection.status !== "connected") {
    return lostAt === undefined && connection.attempt < 2 ? null : <Disconnected />;
  }
  return status === undefined ? null : <StatusBanner status={status} />;
}

function Disconnected(): ReactElement {
  const { client } = useApp();
  const connection = useConnection();
  const lostAt = useAppState((state) => state.lostAt);
  const isDesktop = useInfo()?.host === "desktop";
  const next = useNowText((now) =>
    connection.nextAttemptAt === undefined
      ? "Trying again now"
      : `Trying again in ${Math.max(0, Math.ceil((connection.nextAttemptAt - now) / 1000))} s`,
  );
  const tryNow = () => client.reconnectNow();
  useKeys("Connection", [{ keys: "r", label: "Try to connect now", run: tryNow }]);
  const title =
    lostAt === undefined ? "Signalbox does not answer." : `Signalbox does not answer since ${exactClock(lostAt)}.`;
  return (
    <Banner
      kind="crashed"
      title={title}
      actions={
        <>
          <Button kind="danger-text" keys="r" onClick={tryNow}>
            Try now
          </Button>
          {!isDesktop && (
            <Button
              onClick={() => void navigator.clipboard.writeText("signalbox serve")}
              title="Copies: signalbox serve"
            >
              Copy the start command
            </Button>
          )}
        </>
      }
    >
      {next}, attempt {Math.max(1, connection.attempt)}.{" "}
      {lostAt === undefined ? "" : "What you see below is from then. Agents keep running."}
    </Banner>
  );
}

const STORE_TITLES = {
  read_only: "The data directory can only be read.",
  disk_full: "The disk is full.",
  restored: "The database was damaged and was restored from its last good copy.",
} as const;
const KEEPER_TITLES = {
  unreachable: "The session keeper does not answer.",
  lost: "The session keeper ended, and its agents with it.",
} as const;

function StatusBanner({ status }: { readonly status: AppStatus }): ReactElement | null {
  if (status.store === "read_only" || status.store === "disk_full")
    return (
      <Banner kind="crashed" title={STORE_TITLES[status.store]}>
        {status.notice}
      </Banner>
    );
  if (status.keeper === "unreachable" || status.keeper === "lost")
    return (
      <Banner kind="crashed" title={KEEPER_TITLES[status.keeper]}>
        {status.notice}
      </Banner>
    );
  if (status.interrupted.length > 0) return <Interrupted fleets={status.interrupted} />;
  if (status.store === "restored")
    return (
      <Banner kind="waiting" title={STORE_TITLES.restored}>
        {status.notice}
      </Banner>
    );
  if (status.notice !== undefined) return <Banner kind="waiting" title={status.notice} />;
  return status.network === undefined ? null : <NetworkBanner network={status.network} />;
}

function NetworkBanner({ network }: { readonly network: NonNullable<AppStatus["network"]> }): ReactElement | null {
  if (network.state === "reconnecting") {
    const since = network.lostSince === undefined ? "" : ` since ${exactClock(Date.parse(network.lostSince))}`;
    return (
      <Banner kind="waiting" title={`NATS at ${network.server} does not answer${since}.`}>
        Messages wait for 30 s and are then refused; other machines are shown as of then. Agents keep running.
      </Banner>
    );
  }
  return network.notice === undefined ? null : <Banner kind="waiting" title={network.notice} />;
}

function Interrupted({ fleets }: { readonly fleets: readonly string[] }): ReactElement {
  const resume = useCommand("app.resumeInterrupted");
  return (
    <Banner
      kind="waiting"
      title={`${plural(fleets.length, "fleet")} ran before this machine restarted:`}
      actions={
        <Button kind="primary" running={resume.isPending && "Resuming"} onClick={() => void resume.run({})}>
          Resume what ran
        </Button>
      }
    >
      {fleets.join(", ")}. Agents take up their sessions, one after the other.
    </Banner>
  );
}
