/** Every life of every agent, newest first, and what the CLIs themselves kept on disk. */
import { ListFilter } from "lucide-react";
import { useRef, useState, type ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useAppState, useKeys } from "#renderer/state/hooks.ts";
import { Field } from "#renderer/ui/Field.tsx";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { LivesTable } from "./LivesTable.tsx";
import { matchesText } from "./matchesText.ts";
import { PastSessions } from "./PastSessions.tsx";
import { useRefreshed } from "./useRefreshed.ts";
import "./sessions.css";

type Tab = "recorded" | "onDisk";
const TABS = [
  { value: "recorded", label: "Recorded here" },
  { value: "onDisk", label: "Kept by the CLIs" },
] as const;

export function SessionsPage(): ReactElement {
  const [tab, setTab] = useState<Tab>("recorded");
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useKeys("Sessions", [{ keys: "/", label: "Filter sessions", run: () => field.current?.focus() }]);
  const lives = useCoreQuery("session.list", { limit: 1000 });
  const past = useCoreQuery("agents.pastSessions", { limit: 200 }, { enabled: tab === "onDisk", staleMs: 30_000 });
  useRefreshed(
    lives.refetch,
    useAppState((state) => state.nodes),
  );
  const shown = (lives.data ?? []).filter((life) =>
    matchesText(text, [life.path, life.agent, life.mode, life.exitDetail, life.exitCause, life.cliSessionId]),
  );
  const kept = (past.data ?? []).filter((session) =>
    matchesText(text, [session.agent, session.title, session.cwd, session.cliSessionId]),
  );
  const asked = tab === "recorded" ? lives : past;
  const fact = asked.isSuccess
    ? countFact(tab === "recorded" ? shown.length : kept.length, asked.data.length)
    : undefined;
  return (
    <Page
      title="Sessions"
      fact={fact}
      bleed
      actions={
        <>
          <Segments<Tab> label="Which sessions" value={tab} options={TABS} onChange={setTab} />
          <Field
            icon={<ListFilter size={14} />}
            keys="/"
            width={210}
            placeholder="Filter"
            aria-label="Filter sessions"
            value={text}
            inputRef={field}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && (setText(""), field.current?.blur())}
          />
        </>
      }
    >
      {asked.isPending && <Skeleton />}
      {asked.error !== null && (
        <Problem title={asked.error.message} action="Try again" onAction={() => void asked.refetch()} />
      )}
      {tab === "recorded" && lives.isSuccess && <LivesTable lives={shown} isFiltered={text !== ""} />}
      {tab === "onDisk" && past.isSuccess && <PastSessions sessions={kept} isFiltered={text !== ""} />}
    </Page>
  );
}

function countFact(shown: number, all: number): string {
  return shown === all ? plural(all, "session") : `${shown} of ${plural(all, "session")}`;
}
