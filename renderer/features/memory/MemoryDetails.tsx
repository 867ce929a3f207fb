/** One memory: all of it, whose it is, how long it stays, why it was found; forgotten and taken back here. */
import type { ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { atWords, KIND_WORDS, scopeWords, staysWords, TIER_WORDS, whyWords } from "./memoryWords.ts";
import type { MemoryRow } from "./useMemories.ts";

interface Props {
  readonly row: MemoryRow;
  readonly onChanged: () => void;
}

export function MemoryDetails({ row: { memory, hit }, onChanged }: Props): ReactElement {
  const navigation = useNavigation();
  const { contextId } = memory;
  const times = useNowText((now) => `${atWords(memory.updatedAt, now)}, version ${memory.version}`);
  const stays = useNowText((now) => staysWords(memory, now));
  const used = useNowText((now) =>
    memory.lastAccessedAt === undefined
      ? "not yet"
      : `${plural(memory.accessCount, "time")}, last ${atWords(memory.lastAccessedAt, now)}`,
  );
  return (
    <div className="memory-details">
      <h2>{KIND_WORDS[memory.kind]}</h2>
      <p className="memory-text">{memory.text}</p>
      {memory.tags.length > 0 && (
        <div className="row memory-chips">
          {memory.tags.map((tag) => (
            <Chip key={tag} outline>
              {tag}
            </Chip>
          ))}
        </div>
      )}
      <dl className="memory-facts">
        {hit !== undefined && <Fact name="Found by" value={whyWords(hit)} />}
        <Fact name="For" value={scopeWords(memory.scope)} />
        <Fact name="Written by" value={memory.author} />
        <Fact name="When" value={times} />
        {memory.source !== undefined && <Fact name="Source" value={memory.source} />}
        <Fact name="Tier" value={`${TIER_WORDS[memory.tier]}, retention ${memory.retention}`} />
        <Fact name="Stays" value={stays} />
        <Fact name="Used" value={used} />
        <Fact name="Importance" value={String(memory.importance)} />
        <Fact name="Confidence" value={`${Math.round(memory.confidence * 100)} %`} />
      </dl>
      {contextId !== undefined && (
        <Button
          kind="quiet"
          onClick={() => navigation.navigate({ page: "memory", tab: "contexts", context: contextId })}
        >
          Context {contextId}
        </Button>
      )}
      <Forget id={memory.id} isForgotten={memory.deletesAt !== undefined} onChanged={onChanged} />
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): ReactElement {
  return (
    <>
      <dt className="t3">{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function Forget({
  id,
  isForgotten,
  onChanged,
}: {
  readonly id: string;
  readonly isForgotten: boolean;
  readonly onChanged: () => void;
}): ReactElement {
  const { store } = useApp();
  const isLive = useIsLive();
  const forget = useCommand("memory.forget");
  const takeBack = useCommand("memory.takeBack");
  const back = () => void takeBack.run({ ids: [id] }).then(onChanged);
  const run = () =>
    void forget
      .run({ ids: [id] }, { undo: ({ snapshots }) => ({ text: forgottenWords(snapshots.length), run: back }) })
      .then(onChanged);
  const ask = () =>
    openOverlay(store, {
      kind: "confirm",
      question: {
        title: "Forget this memory?",
        body: "It is in no answer from now on, and is deleted from the database in ten minutes; until then it can be taken back. Backups that were taken before keep it until newer ones replace them.",
        action: "Forget",
        isDangerous: true,
        run,
      },
    });
  return isForgotten ? (
    <Button disabled={!isLive} running={takeBack.isPending && "Taking back"} onClick={back}>
      Take back
    </Button>
  ) : (
    <Button kind="danger-text" disabled={!isLive} running={forget.isPending && "Forgetting"} onClick={ask}>
      Forget
    </Button>
  );
}

function forgottenWords(snapshots: number): string {
  const held =
    snapshots === 0 ? "" : ` ${plural(snapshots, "snapshot")} still ${snapshots === 1 ? "holds" : "hold"} it.`;
  return `Forgotten. It is deleted in ten minutes.${held}`;
}
