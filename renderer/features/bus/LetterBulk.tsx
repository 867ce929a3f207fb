/** Acts on all that match; each says first how many they are and what follows, and asks. */
import type { ReactElement } from "react";
import { plural } from "#shared/lib/words.ts";
import { MOST_REPLAYS_PER_S } from "#shared/model/deadLetter.ts";
import { useApp } from "#renderer/state/AppContext.tsx";
import { useCoreQuery } from "#renderer/state/commands.ts";
import { useLetterActs } from "#renderer/state/deadLetters.ts";
import { useIsLive } from "#renderer/state/hooks.ts";
import { openOverlay } from "#renderer/state/overlays.ts";
import { Button } from "#renderer/ui/Button.tsx";
import type { DeadLettersPage } from "./useDeadLetters.ts";

export function LetterBulk({ page }: { readonly page: DeadLettersPage }): ReactElement | null {
  const { store } = useApp();
  const acts = useLetterActs();
  const isLive = useIsLive();
  // The text narrows by part of a name, which the core does not: then exactly what is shown is meant.
  const filter = {
    ...page.filter,
    states: ["needs_human" as const],
    ...(page.typed === "" ? {} : { ids: page.shown.map(({ id }) => id) }),
  };
  const counted = page.data?.counts.needs_human ?? 0;
  const matching = useCoreQuery("deadLetter.list", { filter, limit: 1 }, { key: `bulk ${counted}`, staleMs: 0 });
  const count = matching.data?.matching ?? 0;
  if (count < 2) return null;
  const letters = plural(count, "letter");
  const ask = (kind: "retry" | "discard") =>
    openOverlay(store, {
      kind: "confirm",
      question:
        kind === "retry"
          ? {
              title: `Send ${letters} again?`,
              body: `Each goes to the consumer it failed at, at most ${MOST_REPLAYS_PER_S} a second. Nobody else hears them again. What fails once more waits for you as before.`,
              action: `Send ${letters} again`,
              isDangerous: false,
              run: () => void acts.retryAll(filter, count),
            }
          : {
              title: `Discard ${letters}?`,
              body: "Their consumers never get them. They are kept seven days, and can be taken back until then.",
              action: `Discard ${letters}`,
              isDangerous: true,
              run: () => void acts.discardAll(filter, count),
            },
    });
  return (
    <div className="letter-bulk" role="group" aria-label="All that wait for you">
      <span className="grow small t2 ell">
        {page.isFiltered
          ? `${plural(count, "letter")} of these wait for you.`
          : `${plural(count, "letter")} wait for you.`}
      </span>
      <Button disabled={!isLive} onClick={() => ask("retry")}>
        Send all again
      </Button>
      <Button disabled={!isLive} onClick={() => ask("discard")}>
        Discard all
      </Button>
    </div>
  );
}
