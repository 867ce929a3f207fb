/** The context menu of a row and the inspector's "more": the same acts, each with its key. */
import { useEffect, useRef, type KeyboardEvent, type ReactElement } from "react";
import { Kbd } from "#renderer/ui/Kbd.tsx";

export interface MenuEntry {
  readonly label: string;
  readonly keys?: string;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  readonly run: () => void;
}

interface Props {
  readonly name: string;
  readonly at: { readonly x: number; readonly y: number };
  readonly entries: readonly MenuEntry[];
  readonly onClose: () => void;
}

const ENTRY_PX = 28;
const WIDTH_PX = 240;

export function TreeMenu({ name, at, entries, onClose }: Props): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector<HTMLElement>("[role=menuitem]:not(:disabled)")?.focus();
    const close = (event: PointerEvent): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) onClose();
    };
    window.addEventListener("pointerdown", close, true);
    return () => {
      window.removeEventListener("pointerdown", close, true);
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [onClose]);
  const left = Math.max(8, Math.min(at.x, window.innerWidth - WIDTH_PX - 8));
  const top = Math.max(8, Math.min(at.y, window.innerHeight - entries.length * ENTRY_PX - 24));
  return (
    <div
      ref={box}
      className="tree-menu"
      role="menu"
      aria-label={name}
      style={{ left, top, width: WIDTH_PX }}
      onKeyDown={(event) => steer(event, box.current, onClose)}
    >
      {entries.map((entry) => (
        <button
          key={entry.label}
          type="button"
          role="menuitem"
          className={entry.isDanger === true ? "tree-menu-danger" : ""}
          disabled={entry.isDisabled === true}
          onClick={() => {
            onClose();
            entry.run();
          }}
        >
          <span className="grow">{entry.label}</span>
          {entry.keys !== undefined && <Kbd keys={entry.keys} />}
        </button>
      ))}
    </div>
  );
}

function steer(event: KeyboardEvent, box: HTMLElement | null, onClose: () => void): void {
  event.stopPropagation();
  if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    onClose();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  const items = [...(box?.querySelectorAll<HTMLElement>("[role=menuitem]:not(:disabled)") ?? [])];
  const index = items.findIndex((item) => item === document.activeElement);
  items[(index + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
}
