import { useState, type ReactElement } from "react";
import { clockWords, shortPath } from "#shared/lib/words.ts";
import type { PastSession } from "#shared/model/agentCli.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { useCommand } from "#renderer/state/commands.ts";
import { useInfo, useIsLive, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { Button } from "#renderer/ui/Button.tsx";

/** Conversations the CLIs kept; each can go on as a supervised agent, with its context. */
export function PastSessions({
  sessions,
  isFiltered,
}: {
  readonly sessions: readonly PastSession[];
  readonly isFiltered: boolean;
}): ReactElement {
  const navigation = useNavigation();
  const isConnected = useIsLive();
  const home = useInfo()?.homeDir;
  const takeUp = useCommand("session.takeUp");
  const [taken, setTaken] = useState<string>();
  const run = async (session: PastSession) => {
    setTaken(session.cliSessionId);
    const result = await takeUp.run({ agent: session.agent, cliSessionId: session.cliSessionId, cwd: session.cwd });
    setTaken(undefined);
    if (result.ok) navigation.navigate({ page: "terminals", path: result.value.path });
  };
  if (sessions.length === 0)
    return (
      <p className="page-note t2">
        {isFiltered
          ? "No session matches the filter."
          : "The agent CLIs have kept no sessions on this machine. Those they keep can be taken up here, with their context."}
      </p>
    );
  return (
    <div className="scroll sessions-scroll">
      <table>
        <thead>
          <tr>
            <th>CLI</th>
            <th>Title</th>
            <th className="past-cwd">Folder</th>
            <th className="num">Messages</th>
            <th>Last used</th>
            <th aria-label="Action" />
          </tr>
        </thead>
        <tbody>
          {sessions.map((session) => (
            <tr key={`${session.agent}-${session.cliSessionId}`}>
              <td className="t2">{cliName(session.agent)}</td>
              <td className="past-title">
                <span className="medium ell" title={session.title}>
                  {session.title}
                </span>
              </td>
              <td className="past-cwd">
                <span className="mono t2 ell">{shortPath(session.cwd, home)}</span>
              </td>
              <td className="num t2">{session.messages ?? ""}</td>
              <td className="t2 tab">
                <LastUsed at={session.updatedAt} />
              </td>
              <td className="num">
                <Button
                  disabled={!isConnected || taken !== undefined}
                  running={taken === session.cliSessionId && "Taking up"}
                  onClick={() => void run(session)}
                >
                  Take up under supervision
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LastUsed({ at }: { readonly at: string }): ReactElement {
  const words = useNowText((now) => clockWords(Date.parse(at), now));
  return <span>{words}</span>;
}
