/** The last lines of the agent's terminal, so that a request is judged by what led to it. */
import { useEffect, useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useNavigation } from "#renderer/state/hooks.ts";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { screenLines } from "./screenLines.ts";

const LINES = 10;

export function JustBefore({
  path,
  sessionId,
}: {
  readonly path: string;
  readonly sessionId: string;
}): ReactElement | null {
  const { client } = useApp();
  const navigation = useNavigation();
  const [lines, setLines] = useState<readonly string[]>([]);
  useEffect(() => {
    let isOver = false;
    // One snapshot is enough: while the agent waits, its screen stands still.
    const stream = client.open(
      "terminal",
      { sessionId, pace: "visible" },
      {
        onItem: (item, bytes) => {
          if (item.type !== "reset" || bytes === undefined) return;
          stream.close();
          void screenLines(bytes, { cols: item.cols, rows: item.rows, count: LINES }).then((found) => {
            if (!isOver) setLines(found);
          });
        },
      },
    );
    return () => {
      isOver = true;
      stream.close();
    };
  }, [client, sessionId]);
  if (lines.length === 0) return null;
  return (
    <section className="just-before" aria-label="Just before, from its terminal">
      <div className="section-head">
        <h3>Just before</h3>
        <span className="count">from its terminal</span>
        <button
          type="button"
          className="aside small key-hint"
          onClick={() => navigation.navigate({ page: "terminals", path })}
        >
          Open terminal <Kbd keys="o" />
        </button>
      </div>
      <pre className="code-block scroll just-before-lines">{lines.join("\n")}</pre>
    </section>
  );
}
