/** A dialog: takes the focus, keeps it, gives it back, closes on Esc and on its scrim. */
import { useEffect, useRef, type KeyboardEvent, type ReactElement, type ReactNode } from "react";

interface Props {
  readonly label: string;
  readonly role?: "dialog" | "alertdialog";
  readonly width: number;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const FOCUSABLE = "button:not(:disabled), [href], input, select, textarea, [tabindex]:not([tabindex='-1'])";

export function Dialog({ label, role = "dialog", width, onClose, children }: Props): ReactElement {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const dialog = ref.current;
    if (dialog !== null && !dialog.contains(document.activeElement)) {
      const first =
        dialog.querySelector<HTMLElement>("[data-autofocus]") ?? dialog.querySelector<HTMLElement>(FOCUSABLE);
      first?.focus();
    }
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    } else if (event.key === "Tab" && ref.current !== null) keepFocus(event, ref.current);
  };
  return (
    <div
      className="scrim"
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div
        ref={ref}
        className="dialog"
        role={role}
        aria-modal="true"
        aria-label={label}
        style={{ width }}
        onKeyDown={onKeyDown}
      >
        {children}
      </div>
    </div>
  );
}

function keepFocus(event: KeyboardEvent, dialog: HTMLElement): void {
  const all = [...dialog.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const first = all[0];
  const last = all.at(-1);
  if (first === undefined || last === undefined) return;
  if (event.shiftKey && document.activeElement === first) last.focus();
  else if (!event.shiftKey && document.activeElement === last) first.focus();
  else return;
  event.preventDefault();
}
