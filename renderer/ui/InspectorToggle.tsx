import { PanelRight } from "lucide-react";
import type { ReactElement } from "react";
import { Button } from "./Button.tsx";

interface Props {
  readonly isShown: boolean;
  readonly onToggle: () => void;
}

/** Shows and hides what lies beside the page, or over it in a narrow window. */
export function InspectorToggle({ isShown, onToggle }: Props): ReactElement {
  return (
    <Button
      kind="quiet"
      icon={<PanelRight size={15} />}
      aria-label="Inspector"
      aria-keyshortcuts="i"
      title="Inspector  I"
      aria-pressed={isShown}
      onClick={onToggle}
    />
  );
}
