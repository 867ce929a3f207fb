/** One item: who asks, what exactly, why, the answers, and what its terminal showed just before. */
import type { ReactElement } from "react";
import { useInfo, useKeys, useNavigation, useNode, useNowText, useParent } from "#renderer/state/hooks.ts";
import { lampOf, useInboxActions, waiterOf, wishOf } from "#renderer/state/inboxItems.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { clockWords, exactDuration, shortPath } from "#shared/lib/words.ts";
import type { InboxItem } from "#shared/model/inbox.ts";
import { cliName } from "#shared/model/stateWords.ts";
import { LIVE_STATES } from "#shared/model/states.ts";
import { Answers } from "./Answers.tsx";
import { DeadLetterItem, letterOf } from "./DeadLetterItem.tsx";
import { JustBefore } from "./JustBefore.tsx";

export function ItemDetail({ item }: { readonly item: InboxItem }): ReactElement {
  const navigation = useNavigation();
  const node = useNode(item.path);
  const isAgent = node?.kind === "agent";
  const letter = letterOf(item);
  useKeys("This item", [
    {
      keys: "o",
      label: "Open its terminal",
      run: () =>
        navigation.navigate(isAgent ? { page: "terminals", path: item.path } : { page: "tree", path: item.path }),
    },
  ]);
  return (
    <article className="item" aria-label={`${waiterOf(item)} ${wishOf(item)}`}>
      <h2 className="item-title">
        <Lamp state={lampOf(item)} size={18} />
        <span>
          {waiterOf(item)} {wishOf(item)}
        </span>
      </h2>
      {letter === undefined ? <Plain item={item} /> : <DeadLetterItem key={letter} item={item} id={letter} />}
      {isAgent && node.sessionId !== undefined && <JustBefore path={item.path} sessionId={node.sessionId} />}
      {!isAgent && node !== undefined && (
        <div className="item-elsewhere">
          <Button keys="o" onClick={() => navigation.navigate({ page: "tree", path: item.path })}>
            Show in the tree
          </Button>
        </div>
      )}
    </article>
  );
}

function Plain({ item }: { readonly item: InboxItem }): ReactElement {
  return (
    <>
      <Whereabouts item={item} />
      <Asked item={item} />
      {item.status === "open" ? <Answers item={item} /> : <Settled item={item} />}
    </>
  );
}

/** "Claude Code in ~/code/checkout. Under web-app. Waiting 2m 08s. Answering here types into its terminal." */
function Whereabouts({ item }: { readonly item: InboxItem }): ReactElement {
  const parent = useParent(item.path);
  const isOpen = item.status === "open";
  const age = useNowText((now) =>
    isOpen ? exactDuration(now - Date.parse(item.since)) : clockWords(Date.parse(item.since), now),
  );
  return (
    <p className="item-where small t3">
      <Program item={item} />
      {parent !== undefined && `Under ${parent.split("/").at(-1) ?? parent}. `}
      {isOpen ? `Waiting ${age}.` : `Asked ${age}.`}
      {isOpen && item.via === "keys" && " Answering here types into its terminal."}
    </p>
  );
}

function Program({ item }: { readonly item: InboxItem }): ReactElement | null {
  const node = useNode(item.path);
  const homeDir = useInfo()?.homeDir;
  const cli = cliName(item.agent ?? node?.agent);
  if (cli === "" || node?.cwd === undefined) return null;
  return (
    <>
      {cli} in <span className="mono">{shortPath(node.cwd, homeDir)}</span>.{" "}
    </>
  );
}

function Asked({ item }: { readonly item: InboxItem }): ReactElement {
  if (item.kind !== "permission") return <p className="item-question">{item.body}</p>;
  return (
    <>
      <pre className="code-block item-command">{item.body}</pre>
      {(item.reason !== undefined || item.irreversible) && (
        <div className="item-why">
          {item.reason !== undefined && (
            <section>
              <h3 className="section-head">Why it asks</h3>
              <p className="t2">{item.reason}</p>
            </section>
          )}
          {item.irreversible && (
            <section>
              <h3 className="section-head">What it would do</h3>
              <p className="t2">
                <span className="medium bad">Not reversible.</span> It runs exactly what stands above; only its own
                letter allows it.
              </p>
            </section>
          )}
        </div>
      )}
    </>
  );
}

function Settled({ item }: { readonly item: InboxItem }): ReactElement {
  const { wake } = useInboxActions();
  const node = useNode(item.path);
  const until = useNowText((now) => (item.until === undefined ? "" : clockWords(Date.parse(item.until), now)));
  if (item.status === "snoozed") {
    return (
      <div className="item-settled">
        <span>Snoozed to {until}. The agent goes on waiting.</span>
        <Button onClick={() => wake(item)}>Answer it now</Button>
      </div>
    );
  }
  if (item.status === "withdrawn") {
    const isGone = node === undefined || !LIVE_STATES.has(node.state);
    return (
      <p className="item-settled">
        Withdrawn{item.answer === undefined ? "" : `: ${item.answer.charAt(0).toLowerCase()}${item.answer.slice(1)}`}.{" "}
        {isGone ? "The agent no longer runs." : "The agent went on without an answer from here."}
      </p>
    );
  }
  return (
    <p className="item-settled">
      <span className="medium">Answered:</span> {item.answer}
    </p>
  );
}
