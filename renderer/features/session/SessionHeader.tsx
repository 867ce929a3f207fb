import { Download, SquareTerminal } from "lucide-react";
import { useState, type ReactElement } from "react";
import type { NodePatch } from "#shared/contract/index.ts";
import { bytesWords } from "#shared/lib/words.ts";
import { cliName } from "#shared/model/stateWords.ts";
import type { Life } from "#shared/model/node.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useIsLive, useNavigation } from "#renderer/state/hooks.ts";
import { showToast } from "#renderer/state/overlays.ts";
import { NodeLamp, StateWord } from "#renderer/state/StateWord.tsx";
import { Button } from "#renderer/ui/Button.tsx";
import { InspectorToggle } from "#renderer/ui/InspectorToggle.tsx";
import { DeleteRecording } from "./DeleteRecording.tsx";
import { exportRecording } from "./exportRecording.ts";

export function SessionTitle({
  node,
  life,
}: {
  readonly node: NodePatch | undefined;
  readonly life: Life;
}): ReactElement {
  return (
    <span className="row">
      {node !== undefined && <NodeLamp node={node} size={13} />}
      {node !== undefined && <StateWord node={node} />}
      <span>{cliName(life.agent)}</span>
      {life.cliSessionId !== undefined && <span className="mono">{life.cliSessionId.slice(0, 8)}</span>}
    </span>
  );
}

interface Props {
  readonly path: string;
  readonly life: Life;
  readonly isLive: boolean;
  /** Moment shown; undefined while live. */
  readonly atMs: number | undefined;
  readonly canGoLive: boolean;
  readonly onLive: () => void;
  readonly isSideOpen: boolean;
  readonly onSide: () => void;
}

export function SessionActions(props: Props): ReactElement {
  const { path, life, isLive, atMs, canGoLive, onLive, isSideOpen, onSide } = props;
  const { client, store } = useApp();
  const isConnected = useIsLive();
  const navigation = useNavigation();
  const [exported, setExported] = useState<number>();
  const run = async (isExact: boolean) => {
    setExported(0);
    const result = await exportRecording(client, life, { isExact, onProgress: setExported });
    setExported(undefined);
    if (!result.ok) showToast(store, { kind: "error", text: result.error.message });
  };
  return (
    <>
      <Button icon={<SquareTerminal size={14} />} onClick={() => navigation.navigate({ page: "terminals", path })}>
        Terminal
      </Button>
      <Button
        icon={<Download size={14} />}
        title={`Life ${life.generation}, ${bytesWords(life.outputBytes)}, keys and passwords masked`}
        disabled={!isConnected}
        running={exported === undefined ? undefined : `Exporting ${bytesWords(exported)}`}
        onClick={() => void run(false)}
      >
        Export
      </Button>
      <Button
        kind="quiet"
        title="Every byte as it was printed, keys and passwords included"
        disabled={!isConnected || exported !== undefined}
        onClick={() => void run(true)}
      >
        Exact copy
      </Button>
      <DeleteRecording life={life} atMs={atMs} />
      {canGoLive && (
        <Button kind="primary" keys="l" disabled={isLive} onClick={onLive}>
          {isLive ? "Live" : "Go to live"}
        </Button>
      )}
      <InspectorToggle isShown={isSideOpen} onToggle={onSide} />
    </>
  );
}
