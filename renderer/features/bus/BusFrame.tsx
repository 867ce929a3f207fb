/** The frame all tabs of the bus share: the page's header with the tabs in it. A tab brings its fact, actions and inspector. */
import type { ReactElement, ReactNode } from "react";
import { useNavigation } from "#renderer/state/hooks.ts";
import type { BusTab } from "#renderer/state/navigation.ts";
import { Page } from "#renderer/ui/Page.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";

const TABS: readonly { readonly value: BusTab; readonly label: string }[] = [
  { value: "streams", label: "Streams" },
  { value: "live", label: "Live" },
  { value: "dead", label: "Dead letters" },
  { value: "catalogue", label: "Catalogue" },
];

interface Props {
  readonly tab: BusTab;
  readonly fact?: ReactNode;
  readonly actions?: ReactNode;
  readonly inspector?: ReactNode;
  readonly onCloseInspector?: () => void;
  readonly children: ReactNode;
}

export function BusFrame({ tab, fact, actions, inspector, onCloseInspector, children }: Props): ReactElement {
  const navigation = useNavigation();
  return (
    <Page
      title="Bus"
      bleed
      fact={fact}
      actions={
        <>
          {actions}
          <Segments
            label="Part of the bus"
            value={tab}
            options={TABS}
            onChange={(next) => navigation.navigate({ page: "bus", tab: next })}
          />
        </>
      }
      inspector={inspector}
      {...(onCloseInspector === undefined ? {} : { onCloseInspector })}
    >
      {children}
    </Page>
  );
}
