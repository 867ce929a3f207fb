import { useMemo, type ReactElement } from "react";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useKeys } from "#renderer/state/hooks.ts";
import type { KeyBinding, KeyScope } from "#renderer/state/keys.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Kbd } from "#renderer/ui/Kbd.tsx";

/** The keys that work on the page below, the page's own first. */
export function KeysDialog(): ReactElement {
  const { keys, store } = useApp();
  // The list is of the page below, so it is taken before this dialog hides it.
  const groups = useMemo(() => grouped(keys.active().filter((scope) => scope.name !== KEYS_SCOPE)), [keys]);
  const close = () => closeOverlay(store);
  useKeys(
    KEYS_SCOPE,
    [
      { keys: "esc", label: "Close", run: close, hidden: true },
      { keys: "?", label: "Close", run: close, hidden: true },
    ],
    "modal",
  );
  return (
    <Dialog label="Keys of this page" width={640} onClose={close}>
      <div className="dialog-head">Keys of this page</div>
      <div className="dialog-body keys-list">
        {groups.map(([name, bindings]) => (
          <section key={name}>
            <h2 className="section-head">{name}</h2>
            {bindings.map((binding) => (
              <div className="row small" key={binding.keys} style={{ minHeight: 26 }}>
                <span className="grow t2">{binding.label}</span>
                <Kbd keys={binding.keys.split(" ")} />
              </div>
            ))}
          </section>
        ))}
      </div>
      <div className="dialog-note">
        <span className="grow">
          A focused terminal keeps every key except Command palette, Next agent, Find and Emergency stop.
        </span>
        <Button keys="esc" onClick={close} data-autofocus>
          Close
        </Button>
      </div>
    </Dialog>
  );
}

const KEYS_SCOPE = "Keys of this page";

function grouped(scopes: readonly KeyScope[]): readonly (readonly [string, readonly KeyBinding[]])[] {
  const groups = new Map<string, KeyBinding[]>();
  for (const scope of scopes) {
    const shown = scope.bindings().filter((binding) => binding.hidden !== true);
    groups.set(scope.name, [...(groups.get(scope.name) ?? []), ...shown]);
  }
  return [...groups].filter(([, bindings]) => bindings.length > 0);
}
