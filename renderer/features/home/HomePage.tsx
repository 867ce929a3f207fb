/** Home: the one sentence, the fleet as running lines, what needs a person, what broke, what runs. */
import { Pause, Play, Plus } from "lucide-react";
import type { ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useAppState, useHomeCounts, useIsLive, useNowText, useStateCounts } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { costWords } from "#shared/lib/amountWords.ts";
import { clockWords, dayWords, plural } from "#shared/lib/words.ts";
import { homeSentence, isRunning } from "#shared/model/stateWords.ts";
import { Broke } from "./Broke.tsx";
import { DownFleets } from "./DownFleets.tsx";
import { NeedsYou } from "./NeedsYou.tsx";
import { NoAgents } from "./NoAgents.tsx";
import { Recently } from "./Recently.tsx";
import { Running } from "./Running.tsx";
import { Strips } from "./Strips.tsx";
import { Supervisors } from "./Supervisors.tsx";
import "./home.css";

export function HomePage(): ReactElement {
  const hasTree = useAppState((state) => state.hasTree);
  const counts = useHomeCounts();
  const date = useNowText((now) => `${dayWords(now)}, ${clockWords(now, now)}`);
  const burn = useAppState((state) => state.burn);
  const cost = burn === undefined || burn.todayNanos === 0 ? "" : `, ${costWords(burn.todayNanos)} spent today`;
  return (
    <Page title="Home" fact={`${date}${cost}`} actions={<HomeActions />}>
      {!hasTree ? (
        <Skeleton rows={9} />
      ) : (
        <div className="home">
          <h2 className="page-sentence">{homeSentence(counts)}</h2>
          {counts.agents === 0 ? (
            <NoAgents />
          ) : (
            <>
              <Strips />
              <div className="home-columns">
                <div className="home-main">
                  <NeedsYou />
                  <Broke />
                  <Running />
                  <DownFleets />
                </div>
                <div className="home-side">
                  <Supervisors />
                  <Recently />
                </div>
              </div>
            </>
          )}
        </div>
      )}
    </Page>
  );
}

function HomeActions(): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const counts = useStateCounts();
  const pause = useCommand("app.pauseAll");
  const resume = useCommand("app.resumeAll");
  const running = [...counts].some(([state]) => isRunning(state));
  const paused = counts.get("paused") ?? 0;
  const pauseAll = () =>
    void pause.run(
      {},
      { undo: ({ paused: count }) => ({ text: `Paused ${plural(count, "agent")}.`, run: () => void resume.run({}) }) },
    );
  return (
    <>
      {!running && paused > 0 ? (
        <Button
          icon={<Play size={14} />}
          disabled={!isLive}
          running={resume.isPending && "Resuming"}
          onClick={() => void resume.run({})}
        >
          Resume all
        </Button>
      ) : (
        <Button
          icon={<Pause size={14} />}
          disabled={!isLive || !running}
          running={pause.isPending && "Pausing"}
          onClick={pauseAll}
        >
          Pause all
        </Button>
      )}
      <Button
        icon={<Plus size={14} />}
        disabled={!isLive}
        onClick={() => openOverlay(store, { kind: "addChild", what: "agent" })}
      >
        Add agent
      </Button>
    </>
  );
}
