/** Every message this product speaks: by family, searched by any of its names, with what it carries. */
import { Search } from "lucide-react";
import { useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { everyMessage } from "#shared/contract/catalogue.ts";
import { FAMILIES } from "#shared/model/catalogue/entry.ts";
import { plural } from "#shared/lib/words.ts";
import { useKeys, useNavigation, useRoute } from "#renderer/state/hooks.ts";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { BusFrame } from "./BusFrame.tsx";
import { KINDS, matching, messageKey, type KindFilter, type ListedMessage } from "./catalogueList.ts";
import { MessageDetails } from "./MessageDetails.tsx";

const ALL: readonly ListedMessage[] = everyMessage().map(([name, entry]) => ({ name, entry }));

export function CatalogueTab(): ReactElement {
  const page = useCatalogue();
  const { shown, selected, select } = page;
  const detailed = ALL.find((message) => messageKey(message) === selected);
  return (
    <BusFrame
      tab="catalogue"
      fact={shown.length === ALL.length ? plural(ALL.length, "message") : `${shown.length} of ${ALL.length} messages`}
      inspector={detailed !== undefined && <MessageDetails message={detailed} />}
      onCloseInspector={() => select(undefined)}
    >
      <div className="bus">
        <div className="bus-filters">
          <Segments<KindFilter> label="Kinds of messages" value={page.kind} options={KINDS} onChange={page.setKind} />
          <span className="grow" />
          <Field
            icon={<Search size={13} />}
            keys="/"
            width={240}
            type="search"
            placeholder="Name, purpose or alias"
            aria-label="Search messages by name, purpose or alias"
            value={page.text}
            inputRef={page.field}
            onChange={(event) => page.setText(event.target.value)}
          />
        </div>
        {shown.length === 0 ? (
          <p className="page-note t2">No message is called that, here or elsewhere. Try a part of the word.</p>
        ) : (
          <div
            className="scroll bus-scroll"
            role="listbox"
            aria-label="Messages"
            tabIndex={0}
            onKeyDown={page.onKeyDown}
          >
            {FAMILIES.map((family) => (
              <Family key={family} family={family} messages={shown} selected={selected} onSelect={select} />
            ))}
          </div>
        )}
      </div>
    </BusFrame>
  );
}

function useCatalogue() {
  const route = useRoute();
  const navigation = useNavigation();
  const selected = route.page === "bus" ? route.name : undefined;
  const [text, setText] = useState("");
  const [kind, setKind] = useState<KindFilter>("all");
  const field = useRef<HTMLInputElement>(null);
  const shown = matching(ALL, { text, kind });
  const select = (key: string | undefined) =>
    navigation.replace({ page: "bus", tab: "catalogue", ...(key === undefined ? {} : { name: key }) });
  const step = (by: 1 | -1) => {
    const inOrder = FAMILIES.flatMap((family) => shown.filter(({ entry }) => entry.family === family));
    const at = inOrder.findIndex((message) => messageKey(message) === selected);
    const next = inOrder[at < 0 ? 0 : Math.min(inOrder.length - 1, Math.max(0, at + by))];
    if (next === undefined) return;
    select(messageKey(next));
    document.getElementById(`message-${messageKey(next)}`)?.scrollIntoView({ block: "nearest" });
  };
  useKeys("Catalogue", [
    { keys: "/", label: "Search messages", run: () => field.current?.select() },
    { keys: "j", label: "Next message", run: () => step(1) },
    { keys: "k", label: "Message above", run: () => step(-1) },
    { keys: "i", label: "Close the inspector", run: () => select(undefined) },
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    step(event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
  };
  return { text, setText, kind, setKind, field, shown, selected, select, onKeyDown };
}

interface FamilyProps {
  readonly family: string;
  readonly messages: readonly ListedMessage[];
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
}

function Family({ family, messages, selected, onSelect }: FamilyProps): ReactElement | null {
  const own = messages.filter(({ entry }) => entry.family === family);
  if (own.length === 0) return null;
  return (
    <div role="group" aria-label={family} className="catalogue-family">
      <div className="catalogue-head" aria-hidden="true">
        {family.charAt(0).toUpperCase() + family.slice(1)} <span className="t3">{own.length}</span>
      </div>
      {own.map((message) => {
        const { name, entry } = message;
        const key = messageKey(message);
        return (
          <div
            key={key}
            id={`message-${key}`}
            role="option"
            aria-selected={key === selected}
            className="catalogue-row"
            onClick={() => onSelect(key)}
          >
            <span className="mono ell">{name}</span>
            <span>
              <Chip outline={entry.kind !== "event"}>{entry.kind}</Chip>
            </span>
            <span className="t2 ell">{entry.purpose}</span>
          </div>
        );
      })}
    </div>
  );
}
