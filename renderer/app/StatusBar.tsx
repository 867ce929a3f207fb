/** The bottom line: whether the core answers, how far its log is, and how many agents are in which state. */
import { Fragment, type ReactElement } from "react";
import {
  useAppState,
  useConnection,
  useInfo,
  useNavigation,
  useStateCounts,
  useStatus,
} from "#renderer/state/hooks.ts";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import type { AppStatus } from "#shared/contract/index.ts";
import { costWords } from "#shared/lib/amountWords.ts";
import { countWords, exactClock } from "#shared/lib/words.ts";
import { budgetId } from "#shared/model/budget.ts";
import { STATE_WORDS } from "#shared/model/stateWords.ts";
import { NEED_ORDER } from "#shared/model/states.ts";

export function StatusBar(): ReactElement {
  const connection = useConnection();
  const lostAt = useAppState((state) => state.lostAt);
  const hasTree = useAppState((state) => state.hasTree);
  const lastSeq = useStatus()?.lastSeq;
  if (connection.status === "connected") return <LiveStatus />;
  return (
    <footer className="status" aria-label="Status">
      {hasTree ? (
        <>
          <span className="status-item bad">
            <Lamp state="crashed" size={11} />
            Core not reachable
          </span>
          {lastSeq !== undefined && lostAt !== undefined && (
            <span className="tab">
              Last event {countWords(lastSeq)} at {exactClock(lostAt)}
            </span>
          )}
          <span className="grow" />
          <span className="status-wide">Agents keep running without this window</span>
        </>
      ) : (
        <span className="status-item">
          <Lamp state="starting" size={10} />
          Connecting
        </span>
      )}
    </footer>
  );
}

function LiveStatus(): ReactElement {
  const info = useInfo();
  const status = useStatus();
  const counts = useStateCounts();
  const isEmpty = counts.size === 0;
  const where = info === undefined ? "Core" : `${info.host === "desktop" ? "Core" : "Headless core"} ${info.version}`;
  return (
    <footer className="status" aria-label="Status">
      <span className="status-item">
        <Lamp state={isEmpty ? "idle" : "busy"} size={10} />
        {isEmpty ? `${where}, no agents` : where}
      </span>
      {status !== undefined && (
        <span className="status-item tab">
          Event <span className="mono status-mono">{countWords(status.lastSeq)}</span>
        </span>
      )}
      {status?.network !== undefined && <Network network={status.network} />}
      <span className="grow" />
      <span className="status-counts">
        {NEED_ORDER.map((state) => {
          const count = counts.get(state) ?? 0;
          return (
            <Fragment key={state}>
              {count > 0 && (
                <span className="status-item tab" title={STATE_WORDS[state]}>
                  <Lamp state={state} size={11} />
                  <span aria-hidden="true">{count}</span>
                  <span className="sr-only">{`${count} ${STATE_WORDS[state].toLowerCase()}`}</span>
                </span>
              )}
            </Fragment>
          );
        })}
      </span>
      <SpentToday />
    </footer>
  );
}

/** The server that joins this machine to others. */
function Network({ network }: { readonly network: NonNullable<AppStatus["network"]> }): ReactElement {
  const isThere = network.state === "connected";
  return (
    <span className={isThere ? "status-item status-wide" : "status-item bad"} title={network.server}>
      <Lamp state={isThere ? "busy" : "crashed"} size={10} />
      {isThere ? "NATS" : "NATS does not answer"}
    </span>
  );
}

/** What today costs, of what; a press shows where it goes. */
function SpentToday(): ReactElement | null {
  const navigation = useNavigation();
  const burn = useAppState((state) => state.burn);
  const budget = useAppState((state) => state.budgets.get(budgetId("*", "day", "usd")));
  if (burn === undefined || (burn.todayTokens === 0 && budget === undefined)) return null;
  const spent = burn.todayNanos === 0 && burn.unpricedEntries > 0 ? "no price" : costWords(burn.todayNanos);
  return (
    <button
      type="button"
      className="status-item status-spent tab"
      title="What all agents spent today"
      onClick={() => navigation.navigate({ page: "budgets" })}
    >
      {budget === undefined ? `${spent} today` : `${spent} of ${costWords(budget.allowance)} today`}
    </button>
  );
}
