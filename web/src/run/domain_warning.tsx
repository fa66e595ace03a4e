// A warning that the selector was trained on other data than this.

import { Show, type JSX } from "solid-js";

import { t } from "../messages";
import { useSession } from "../session/context";
import type { DomainCheck } from "../session/domain";

/** What is wrong, and the numbers that say so; nothing where the data is as it should be. */
export function DomainWarning(): JSX.Element {
  const session = useSession();
  const foreign = (): DomainCheck | undefined => {
    const domain = session.domain();
    return domain?.out_of_domain === true ? domain : undefined;
  };
  const words = t.run.domain;
  return (
    <Show when={foreign()}>
      {(domain) => (
        <section class="notice warning domain" aria-labelledby="domain-heading">
          <h3 id="domain-heading">{words.heading}</h3>
          <p>{words.verdict}</p>
          <p>
            {words.numbers(domain().pool.median, domain().trained)} {words.beyond(domain().below, domain().above, domain().rows)}
          </p>
        </section>
      )}
    </Show>
  );
}
