/**
 * Sends open alerts to the webhooks of the cell, signed as Standard Webhooks says, until each of them took it. What is
 * open stands in the ledger: whoever leads next sends it again, so a webhook may get an alert twice (same `webhook-id`)
 * and never misses one. Nothing here holds up a grant.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '@writ/contracts';
import type { OpenAlert, SentAlert } from '@writ/scheduler';
import { Webhook } from 'standardwebhooks';
import {
  ALERT_FIRST_RETRY_MS,
  ALERT_LONGEST_RETRY_MS,
  ALERT_MAX_AGE_MS,
  ALERT_TIMEOUT_MS,
  MAX_ALERTS_AT_ONCE,
} from './limits.ts';

export interface AlertSenderOptions {
  readonly urls: readonly string[];
  /** `whsec_` and base64: what receivers check the signature with. */
  readonly secret: string;
  /** Something was sent or given up: there is an answer to commit. */
  readonly onSent: () => void;
  readonly log: (sentence: string) => void;
  readonly firstRetryMs?: number;
  readonly now?: () => number;
}

export class AlertSender {
  /** What became of alerts that are still open in the ledger. */
  readonly #sent = new Map<string, SentAlert>();
  readonly #sending = new Set<string>();
  readonly #options: AlertSenderOptions;
  readonly #webhook: Webhook | undefined;
  readonly #now: () => number;
  #life = new AbortController();

  constructor(options: AlertSenderOptions) {
    this.#options = options;
    this.#webhook = options.urls.length > 0 ? new Webhook(options.secret) : undefined;
    this.#now = options.now ?? Date.now;
  }

  /** Begins to send what is open and not on its way; returns what can be closed. */
  look(open: Iterable<OpenAlert>): readonly SentAlert[] {
    if (!this.#webhook) return [];
    const named = new Set<string>();
    for (const alert of open) {
      const name = alert.data.alert;
      named.add(name);
      if (this.#sending.size >= MAX_ALERTS_AT_ONCE || this.#sending.has(name) || this.#sent.has(name))
        continue;
      this.#sending.add(name);
      void this.#send(alert, this.#life.signal);
    }
    for (const name of this.#sent.keys()) if (!named.has(name)) this.#sent.delete(name);
    return [...this.#sent.values()];
  }

  /** Another process leads, or this one ends: sending is no longer ours. */
  stop(): void {
    this.#life.abort();
    this.#life = new AbortController();
    this.#sending.clear();
    this.#sent.clear();
  }

  async #send(alert: OpenAlert, life: AbortSignal): Promise<void> {
    const taken = await Promise.all(this.#options.urls.map((url) => this.#deliver(url, alert, life)));
    if (life.aborted) return;
    const name = alert.data.alert;
    this.#sending.delete(name);
    this.#sent.set(name, { alert: name, outcome: taken.every(Boolean) ? 'delivered' : 'abandoned' });
    this.#options.onSent();
  }

  /** False when the alert is too old to be of use, or sending ended. */
  async #deliver(url: string, alert: OpenAlert, life: AbortSignal): Promise<boolean> {
    let pause = this.#options.firstRetryMs ?? ALERT_FIRST_RETRY_MS;
    while (!life.aborted && this.#now() - alert.at < ALERT_MAX_AGE_MS) {
      const trouble = await this.#post(url, alert, life);
      if (trouble === undefined) return true;
      if (life.aborted) return false;
      this.#options.log(`${alert.data.alert} is not delivered to ${url} yet: ${trouble}`);
      // Half of the pause at random, so that receivers that come back are not asked by all at once.
      await delay(pause * (0.5 + Math.random() / 2), undefined, { signal: life }).catch(() => undefined);
      pause = Math.min(2 * pause, ALERT_LONGEST_RETRY_MS);
    }
    if (!life.aborted) this.#options.log(`${alert.data.alert} is too old and was given up for ${url}`);
    return false;
  }

  /** Undefined when it was taken, else why not. */
  async #post(url: string, { tenant, at, data }: OpenAlert, life: AbortSignal): Promise<string | undefined> {
    const { alert, ...told } = data;
    const body = JSON.stringify({
      type: 'alert.raised',
      timestamp: new Date(at).toISOString(),
      data: { alert, tenant, ...told },
    });
    const sentAt = new Date(this.#now());
    const headers = {
      'content-type': 'application/json',
      'webhook-id': alert,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      'webhook-signature': this.#webhook?.sign(alert, sentAt, body) ?? '',
    };
    try {
      const signal = AbortSignal.any([life, AbortSignal.timeout(ALERT_TIMEOUT_MS)]);
      const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answered ${answer.status}`;
    } catch (error) {
      return messageOf(error);
    }
  }
}
