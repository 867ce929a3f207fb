import { X } from "lucide-react";
import { useEffect, useState, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useAppState, useKeys } from "#renderer/state/hooks.ts";
import { dropToast, type Toast } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";

const SHOWN_MS = { undo: 5_000, error: 12_000 } as const;

/** What can be undone, and refusals; bottom left, gone by themselves unless the pointer rests on them. */
export function Toasts(): ReactElement {
  const toasts = useAppState((state) => state.toasts);
  const { store } = useApp();
  const undoLast = () => {
    const last = store.getState().toasts.findLast((toast) => toast.undo !== undefined);
    if (last === undefined) return;
    last.undo?.();
    dropToast(store, last.id);
  };
  useKeys("Everywhere", [{ keys: "mod+z", label: "Undo (pause, snooze)", run: undoLast }], "app");
  return (
    <div className="toasts">
      {toasts.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function ToastLine({ toast }: { readonly toast: Toast }): ReactElement {
  const { store } = useApp();
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dropToast(store, toast.id), SHOWN_MS[toast.kind]);
    return () => clearTimeout(timer);
  }, [isHeld, store, toast]);
  const undo = () => {
    toast.undo?.();
    dropToast(store, toast.id);
  };
  return (
    <div
      className="toast"
      role={toast.kind === "error" ? "alert" : "status"}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
    >
      {toast.kind === "error" && <Lamp state="crashed" size={14} />}
      <span className="grow">{toast.text}</span>
      {toast.undo !== undefined && (
        <Button keys="mod+z" onClick={undo}>
          Undo
        </Button>
      )}
      <Button kind="quiet" aria-label="Dismiss" icon={<X size={14} />} onClick={() => dropToast(store, toast.id)} />
    </div>
  );
}
