/** The frame of the page's two lists. */
import type { ReactElement, ReactNode } from "react";
import { useNavigation } from "#renderer/state/hooks.ts";
import type { MemoryTab } from "#renderer/state/navigation.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";

const TABS = [
  { value: "memories", label: "Memories" },
  { value: "contexts", label: "Contexts" },
] as const;

interface Props {
  readonly tab: MemoryTab;
  readonly fact?: ReactNode;
  readonly actions?: ReactNode;
  readonly inspector?: ReactNode;
  readonly onCloseInspector?: () => void;
  readonly children: ReactNode;
}

export function MemoryFrame({ tab, fact, actions, inspector, onCloseInspector, children }: Props): ReactElement {
  const navigation = useNavigation();
  return (
    <Page
      title="Memory"
      fact={fact}
      bleed
      inspector={inspector}
      {...(onCloseInspector === undefined ? {} : { onCloseInspector })}
      actions={
        <>
          <Segments<MemoryTab>
            label="Which list"
            value={tab}
            options={TABS}
            onChange={(next) => navigation.navigate({ page: "memory", tab: next })}
          />
          {actions}
        </>
      }
    >
      {children}
    </Page>
  );
}
