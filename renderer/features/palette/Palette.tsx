/** The command palette: reaches everything. Enter runs the marked line, Tab lists what can be done with it. */
import { Search } from "lucide-react";
import { Fragment, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { useApp, type App } from "#renderer/state/AppContext.tsx";
import { useKeys } from "#renderer/state/hooks.ts";
import { closeOverlay } from "#renderer/state/overlays.ts";
import { Dialog } from "#renderer/ui/Dialog.tsx";
import { Kbd } from "#renderer/ui/Kbd.tsx";
import { appEntries } from "./appEntries.tsx";
import { eventEntries, inboxEntries, nodeEntries, placeEntries, type Entry } from "./entries.tsx";
import { readTyped } from "./rank.ts";
import { findEntries, type Result } from "./results.ts";
import { ResultLine } from "./ResultLine.tsx";
import "./palette.css";

export function Palette({ text }: { readonly text: string }): ReactElement {
  const app = useApp();
  const [typed, setTyped] = useState(text);
  const [within, setWithin] = useState<Entry>();
  const [at, setAt] = useState(0);
  const listId = useId();
  const listRef = useRef<HTMLDivElement>(null);
  const results = useResults(app, typed, within);
  const marked = results[Math.min(at, results.length - 1)];
  const close = () => closeOverlay(app.store);
  useKeys("Command palette", [{ keys: "mod+k", label: "Close", run: close, inInputs: true, hidden: true }], "modal");
  useEffect(() => {
    listRef.current?.querySelector("[aria-selected=true]")?.scrollIntoView?.({ block: "nearest" });
  }, [at, results]);
  const type = (next: string) => {
    setTyped(next);
    setAt(0);
  };
  const enterActions = (entry: Entry | undefined) => {
    if (entry?.actions === undefined) return;
    setWithin(entry);
    type("");
  };
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    close();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setAt((at + 1) % Math.max(1, results.length));
    else if (event.key === "ArrowUp") setAt((at - 1 + results.length) % Math.max(1, results.length));
    else if (event.key === "Enter") run(marked?.entry);
    else if (event.key === "Tab" && !event.shiftKey) enterActions(marked?.entry);
    else if (event.key === "Backspace" && typed === "" && within !== undefined) setWithin(undefined);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Dialog label="Command palette" width={640} onClose={close}>
      <div className="palette-field">
        <Search size={17} strokeWidth={1.6} aria-hidden="true" />
        {within !== undefined && <span className="chip">{within.title}</span>}
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={marked === undefined ? undefined : `${listId}-${marked.entry.id}`}
          aria-label="Search or run"
          placeholder={within === undefined ? "Search or run" : `What to do with ${within.title}`}
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Kbd keys="esc" />
      </div>
      <div className="palette-list scroll" id={listId} role="listbox" aria-label="Results" ref={listRef}>
        {results.map((result, index) => (
          <Fragment key={result.entry.id}>
            {result.entry.group !== results[index - 1]?.entry.group && (
              <div className="palette-group" role="presentation">
                {result.entry.group}
              </div>
            )}
            <ResultLine
              id={`${listId}-${result.entry.id}`}
              result={result}
              isMarked={result === marked}
              onMark={() => setAt(index)}
              onRun={() => run(result.entry)}
            />
          </Fragment>
        ))}
        {results.length === 0 && (
          <div className="palette-none t2">Nothing is called that. Search what agents printed with # and the text.</div>
        )}
      </div>
      <Legend />
    </Dialog>
  );
}

function Legend(): ReactElement {
  return (
    <div className="palette-foot small t3">
      <span className="key-hint">
        <Kbd keys={["up", "down"]} /> move
      </span>
      <span className="key-hint">
        <Kbd keys="enter" /> run
      </span>
      <span className="key-hint">
        <Kbd keys="tab" /> actions of the item
      </span>
      <span className="grow" />
      <span>&gt; commands, @ agents, # events</span>
    </div>
  );
}

/** Made when the palette opens and again when it is about one entry; a list that moved under the keys would misfire. */
function useResults(app: App, typed: string, within: Entry | undefined): readonly Result[] {
  const entries = useMemo(() => {
    if (within?.actions !== undefined) return within.actions();
    const nodes = [...app.store.getState().nodes.values()];
    return [
      ...inboxEntries(app),
      ...appEntries(app),
      ...nodes.flatMap((node) => nodeEntries(app, node)),
      ...placeEntries(app),
    ];
  }, [app, within]);
  return useMemo(() => {
    const wanted = readTyped(typed);
    const all =
      within === undefined ? [...startEntries(entries, wanted.text), ...eventEntries(app, wanted.text)] : entries;
    return findEntries(all, wanted);
  }, [app, entries, typed, within]);
}

/** Before anything is typed, acts on single nodes would only be a long list of everything. */
function startEntries(entries: readonly Entry[], text: string): readonly Entry[] {
  return text === ""
    ? entries.filter((entry) => entry.group !== "Commands" || !/:.*\//.test(entry.id) || entry.id.startsWith("inbox:"))
    : entries;
}
