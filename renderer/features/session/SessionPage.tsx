/** One child's lives: where each began and how it ended, and what was on its screen at any moment. */
import { useEffect, useMemo, type ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNode, useRoute } from "#renderer/state/hooks.ts";
import type { Route } from "#renderer/state/navigation.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { LifeView } from "./LifeView.tsx";
import "./session.css";

export function SessionPage(): ReactElement {
  const route = useRoute();
  return route.page === "session" ? <Lives {...route} /> : <Skeleton />;
}

function Lives({ path, sessionId, offset }: Extract<Route, { page: "session" }>): ReactElement {
  const node = useNode(path);
  const lives = useCoreQuery("agent.lives", { id: path });
  const { refetch } = lives;
  const generation = node?.generation;
  const state = node?.state;
  // A life began or ended: the list is another one.
  useEffect(() => {
    void refetch();
  }, [generation, state, refetch]);
  const life = useMemo(
    () => lives.data?.find((candidate) => candidate.sessionId === sessionId) ?? lives.data?.[0],
    [lives.data, sessionId],
  );
  const name = path.split("/").at(-1) ?? path;
  if (lives.data !== undefined && life !== undefined) {
    const isAsked = sessionId === undefined || life.sessionId === sessionId;
    return (
      <LifeView
        key={path}
        path={path}
        node={node}
        lives={lives.data}
        life={life}
        offset={isAsked ? offset : undefined}
      />
    );
  }
  return (
    <Frame name={name}>
      {lives.isPending ? (
        <Skeleton />
      ) : lives.error === null ? (
        <Problem title={`${name} has no life yet.`}>Its first start is recorded here.</Problem>
      ) : (
        <Problem title={lives.error.message} action="Try again" onAction={() => void refetch()} />
      )}
    </Frame>
  );
}

function Frame({ name, children }: { readonly name: string; readonly children: ReactElement }): ReactElement {
  return (
    <Page title={name} fact="Session" bleed>
      {children}
    </Page>
  );
}
