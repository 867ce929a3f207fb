/** One conversation, the newest at the bottom and in sight; each message with what became of it. */
import { useEffect, useRef, type ReactElement } from "react";
import { useCommand } from "#renderer/state/commands.ts";
import { useIsLive, useNavigation, useNowText } from "#renderer/state/hooks.ts";
import { mailKey } from "#renderer/state/mailSlice.ts";
import { Button } from "#renderer/ui/Button.tsx";
import { Chip } from "#renderer/ui/Chip.tsx";
import { Lamp } from "#renderer/ui/Lamp.tsx";
import { amountText } from "#shared/lib/amountWords.ts";
import { clockWords } from "#shared/lib/words.ts";
import { MAIL_PRIORITIES, PERSON, type Mail } from "#shared/model/mail.ts";
import type { NodeState } from "#shared/model/states.ts";
import { fateWords, partyName, type Conversation } from "./conversations.ts";

export function ConversationView({ conversation }: { readonly conversation: Conversation }): ReactElement {
  const end = useRef<HTMLDivElement>(null);
  const { length } = conversation.mails;
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [length]);
  return (
    <div className="messages-talk scroll" role="log" aria-label="Messages" tabIndex={0}>
      {conversation.mails.map((mail) => (
        <Message key={mailKey(mail)} mail={mail} side={sideOf(mail, conversation)} />
      ))}
      <div ref={end} />
    </div>
  );
}

/** What the person wrote stands on the right, as in every messenger. */
function sideOf({ from }: Mail, { parties }: Conversation): "left" | "right" {
  const isFirst = from === parties[0];
  return parties[0] === PERSON ? (isFirst ? "right" : "left") : isFirst ? "left" : "right";
}

function Message({ mail, side }: { readonly mail: Mail; readonly side: "left" | "right" }): ReactElement {
  const at = useNowText((now) => clockWords(Date.parse(mail.postedAt), now));
  const until = useNowText((now) => clockWords(Date.parse(mail.expiresAt), now));
  const priority = MAIL_PRIORITIES[mail.priority] ?? "normal";
  return (
    <article className="message" data-side={side} data-state={mail.state}>
      <header className="message-head small">
        <span className="medium">{partyName(mail.from)}</span>
        <span className="t3">
          to {mail.addressed === "agent" ? partyName(mail.to) : `${mail.addressed} (${partyName(mail.to)})`}
        </span>
        {mail.kind === "handover" && <Chip>Handover</Chip>}
        {priority !== "normal" && <span className="t3">{priority}</span>}
        <span className="grow" />
        <span className="t3 nowrap">{at}</span>
      </header>
      <p className="message-text">{mail.text}</p>
      {mail.handover !== undefined && <HandoverFacts mail={mail} handover={mail.handover} />}
      <footer className="message-foot small">
        <span className="t2 message-fate">
          <Lamp state={MAIL_LAMPS[mail.state]} size={12} />
          {fateWords(mail)}
          {mail.state === "waiting" && <span className="t3"> until {until}</span>}
          {mail.isRepeated && <span className="t3"> (may have come twice)</span>}
        </span>
        {mail.state === "waiting" && <Waiting mail={mail} />}
      </footer>
    </article>
  );
}

const MAIL_LAMPS: Readonly<Record<Mail["state"], NodeState>> = {
  waiting: "waiting_permission",
  delivering: "busy",
  delivered: "done",
  expired: "gave_up",
  dropped: "crashed",
  cancelled: "stopped",
};

interface HandoverProps {
  readonly mail: Mail;
  readonly handover: NonNullable<Mail["handover"]>;
}

function HandoverFacts({ mail, handover }: HandoverProps): ReactElement {
  const navigation = useNavigation();
  const { last_tool_output: output, memory_snapshot_url: snapshot, context_id: context, status } = handover;
  return (
    <dl className="message-facts small">
      <dt>Status</dt>
      <dd>{status}</dd>
      <dt>Budget</dt>
      <dd>
        {mail.tokens === undefined ? (
          "none set aside"
        ) : (
          <button
            type="button"
            className="link"
            onClick={() => navigation.navigate({ page: "budgets", scope: mail.to })}
          >
            {amountText(mail.tokens, "tokens")}
          </button>
        )}
      </dd>
      <dt>Context</dt>
      <dd className="mono ell">{context}</dd>
      <dt>Snapshot</dt>
      <dd className="mono ell">{snapshot ?? "none"}</dd>
      {output !== null && (
        <>
          <dt>Last output</dt>
          <dd className="mono ell" title={JSON.stringify(output.result)}>
            {output.tool} ({output.server}): {JSON.stringify(output.result)}
          </dd>
        </>
      )}
    </dl>
  );
}

/** Taken back with undo, or typed in whatever its receiver does. */
function Waiting({ mail }: { readonly mail: Mail }): ReactElement {
  const cancel = useCommand("message.cancel");
  const restore = useCommand("message.restore");
  const deliver = useCommand("message.deliver");
  const isLive = useIsLive();
  const { id, to } = mail;
  const undo = () => ({ text: `Message to ${partyName(to)} cancelled.`, run: () => void restore.run({ id, to }) });
  return (
    <span className="row message-acts">
      <Button
        kind="quiet"
        disabled={!isLive}
        running={deliver.isPending && "Delivering"}
        title="Types it in at once, even while the agent works"
        onClick={() => void deliver.run({ id, to })}
      >
        Deliver now
      </Button>
      <Button
        kind="quiet"
        disabled={!isLive}
        running={cancel.isPending && "Cancelling"}
        onClick={() => void cancel.run({ id, to }, { undo })}
      >
        Cancel
      </Button>
    </span>
  );
}
