/** Memories: found by words and by nearness, with why; by kind, tier and whose they are; forgotten ones until they are deleted. */
import { Search } from "lucide-react";
import type { ReactElement } from "react";
import { countWords, plural } from "#shared/lib/words.ts";
import { MEMORY_KINDS, MEMORY_TIERS } from "#shared/model/memory.ts";
import type { MemoryKind, MemoryTier } from "#shared/model/memory.ts";
import { useNowText } from "#renderer/state/hooks.ts";
import { Blank } from "#renderer/ui/Blank.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Field } from "#renderer/ui/Field.tsx";
import { Problem } from "#renderer/ui/Problem.tsx";
import { Segments } from "#renderer/ui/Segments.tsx";
import { Skeleton } from "#renderer/ui/Skeleton.tsx";
import { MemoryDetails } from "./MemoryDetails.tsx";
import { MemoryFrame } from "./MemoryFrame.tsx";
import { KIND_WORDS, marked, scopeWords, staysWords, TIER_WORDS, whyWords } from "./memoryWords.ts";
import { useMemories, type MemoryRow } from "./useMemories.ts";

export function MemoriesTab(): ReactElement {
  const page = useMemories();
  const { rows, error, picked, setPicked } = page;
  const shown = rows?.find(({ memory }) => memory.id === picked);
  const count = page.stats.data?.memories;
  return (
    <MemoryFrame
      tab="memories"
      fact={count === undefined ? undefined : plural(count, "memory", "memories")}
      inspector={shown !== undefined && <MemoryDetails key={shown.memory.id} row={shown} onChanged={page.again} />}
      onCloseInspector={() => setPicked(undefined)}
    >
      <div className="memory">
        <Filters page={page} />
        {error === null ? (
          <List page={page} />
        ) : (
          <Problem title={error.message} action="Try again" onAction={page.again} />
        )}
        {page.isSearch && <p className="memory-note t3 small">{page.stats.data?.nearness.note}</p>}
      </div>
    </MemoryFrame>
  );
}

function List({ page }: { readonly page: PageState }): ReactElement {
  const { rows, picked, setPicked, total } = page;
  if (rows === undefined) return <Skeleton rows={8} />;
  if (rows.length === 0) return <Nothing page={page} />;
  return (
    <>
      <div className="memory-row memory-head" aria-hidden="true">
        <span>Kind</span>
        <span>What</span>
        <span className="memory-tags">Tags</span>
        <span>{page.isSearch ? "Found by" : "For"}</span>
        <span className="num">{page.state === "forgotten" ? "" : "Stays"}</span>
      </div>
      <div className="scroll memory-scroll" role="listbox" aria-label="Memories" tabIndex={0}>
        {rows.map((row) => (
          <Row
            key={row.memory.id}
            row={row}
            isPicked={row.memory.id === picked}
            onPick={() => setPicked(row.memory.id)}
          />
        ))}
        {total !== undefined && total > rows.length && (
          <p className="memory-more t3 small">
            {countWords(total - rows.length)} older ones are not shown. Search or filter to find them.
          </p>
        )}
      </div>
    </>
  );
}

type PageState = ReturnType<typeof useMemories>;

const STATES = [
  { value: "live", label: "Remembered" },
  { value: "forgotten", label: "Forgotten" },
  { value: "ended", label: "Ended" },
] as const;

function Filters({ page }: { readonly page: PageState }): ReactElement {
  const scopes = page.stats.data?.scopes ?? [];
  return (
    <div className="memory-filters">
      <Field
        icon={<Search size={13} />}
        keys="/"
        width={230}
        type="search"
        placeholder="Search memories"
        aria-label="Search memories"
        value={page.text}
        inputRef={page.field}
        disabled={page.state !== "live"}
        onChange={(event) => page.setText(event.target.value)}
      />
      <Choice label="Kind" value={page.kind} options={KINDS} onChange={page.setKind} />
      <Choice label="Tier" value={page.tier} options={TIERS} onChange={page.setTier} />
      <Choice
        label="Whose"
        value={page.scope}
        options={[
          ["all", "Everybody's"],
          ...scopes.map(({ scope, memories }) => [scope, `${scopeWords(scope)} (${memories})`] as const),
        ]}
        onChange={page.setScope}
      />
      <span className="grow" />
      <Segments label="Which" value={page.state} options={STATES} onChange={page.setState} />
    </div>
  );
}

const KINDS: readonly (readonly [MemoryKind | "all", string])[] = [
  ["all", "All kinds"],
  ...MEMORY_KINDS.map((kind) => [kind, KIND_WORDS[kind]] as const),
];
const TIERS: readonly (readonly [MemoryTier | "all", string])[] = [
  ["all", "All tiers"],
  ...MEMORY_TIERS.map((tier) => [tier, TIER_WORDS[tier]] as const),
];

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>): ReactElement {
  return (
    <label className="field memory-choice">
      <select
        aria-label={label}
        value={value}
        onChange={(event) => {
          const found = options.find(([one]) => one === event.target.value);
          if (found !== undefined) onChange(found[0]);
        }}
      >
        {options.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Row({
  row,
  isPicked,
  onPick,
}: {
  readonly row: MemoryRow;
  readonly isPicked: boolean;
  readonly onPick: () => void;
}): ReactElement {
  const { memory, hit } = row;
  const stays = useNowText((now) => staysWords(memory, now));
  return (
    <div role="option" aria-selected={isPicked} tabIndex={-1} className="memory-row" onClick={onPick}>
      <span className="memory-kind t2 small">{KIND_WORDS[memory.kind]}</span>
      <span className="ell">
        {marked(memory.text, hit?.words?.matched ?? []).map((piece, index) =>
          piece.isMatch ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
        )}
      </span>
      <span className="memory-tags">
        {memory.tags.slice(0, 2).map((tag) => (
          <Chip key={tag} outline>
            {tag}
          </Chip>
        ))}
      </span>
      <span className="t3 small ell">{hit === undefined ? scopeWords(memory.scope) : whyWords(hit)}</span>
      <span className="t3 small tab nowrap num" title={`${TIER_WORDS[memory.tier]}, ${memory.retention}`}>
        {stays}
      </span>
    </div>
  );
}

function Nothing({ page }: { readonly page: PageState }): ReactElement {
  if (page.state === "forgotten")
    return <Blank title="Nothing is forgotten.">What is can be taken back for ten minutes, and is then deleted.</Blank>;
  if (page.state === "ended") return <Blank title="Nothing has come to its end in the last week." />;
  if (page.isNarrowed)
    return <Blank title="Nothing that is remembered matches.">Try fewer words, another kind, or everybody's.</Blank>;
  return (
    <Blank
      title="Nothing is remembered yet."
      commands={['signalbox memory store "Prices are stored in cents" --kind fact', "signalbox memory search prices"]}
    >
      Preferences, facts and instructions that agents store with their tools stand here, and are found again by their
      words or by what is near them. You can store one yourself.
    </Blank>
  );
}
