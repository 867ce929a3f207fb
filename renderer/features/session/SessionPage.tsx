/** One child's lives: where each began and how it ended, and what was on its screen at any moment. */
import { useEffect, useMemo, useState, type ReactElement } from "react";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useNode, useRoute } from "#renderer/state/hooks.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { LifeView } from "./LifeView.tsx";
import "./session.css";

export function SessionPage(): ReactElement {
  const route = useRoute();
  const path = route.page === "session" ? route.path : "";
  const sessionId = route.page === "session" ? route.sessionId : undefined;
  const offset = route.page === "session" ? route.offset : undefined;
  const node = useNode(path);
  const lives = useCoreQuery("agent.lives", { id: path }, { enabled: path !== "" });
  const { refetch } = lives;
  // A life began or ended: the list is another one.
  const version = `${node?.generation ?? 0} ${node?.state ?? ""}`;
  const [seen, setSeen] = useState(version);
  useEffect(() => {
    if (seen === version) return;
    setSeen(version);
    void refetch();
  }, [seen, version, refetch]);
  const life = useMemo(
    () => lives.data?.find((candidate) => candidate.sessionId === sessionId) ?? lives.data?.[0],
    [lives.data, sessionId],
  );
  const name = path.split("/").at(-1) ?? path;
  if (lives.isPending)
    return (
      <Frame name={name}>
        <Skeleton />
      </Frame>
    );
  if (lives.error !== null)
    return (
      <Frame name={name}>
        <Problem title={lives.error.message} action="Try again" onAction={() => void refetch()} />
      </Frame>
    );
  if (life === undefined)
    return (
      <Frame name={name}>
        <Problem title={`${name} has no life yet.`}>Its first start is recorded here.</Problem>
      </Frame>
    );
  return (
    <LifeView
      key={path}
      path={path}
      node={node}
      lives={lives.data}
      life={life}
      offset={sessionId === undefined || life.sessionId === sessionId ? offset : undefined}
    />
  );
}

function Frame({ name, children }: { readonly name: string; readonly children: ReactElement }): ReactElement {
  return (
    <Page title={name} fact="Session" bleed>
      {children}
    </Page>
  );
}
