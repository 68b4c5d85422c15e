/** `/healthz` (the process lives), `/readyz` (it can do its work), `/metrics` (Prometheus). */
import { Controller, Get, Header, Inject, ServiceUnavailableException } from '@nestjs/common';
import type { Telemetry } from '@writ/telemetry';
import { Health } from './health.ts';
import { SERVICE_NAME, TELEMETRY } from './tokens.ts';

@Controller()
export class HealthController {
  readonly #health: Health;
  readonly #name: string;
  readonly #telemetry: Telemetry;

  constructor(
    @Inject(Health) health: Health,
    @Inject(SERVICE_NAME) name: string,
    @Inject(TELEMETRY) telemetry: Telemetry,
  ) {
    this.#health = health;
    this.#name = name;
    this.#telemetry = telemetry;
  }

  @Get('healthz')
  alive(): { readonly service: string; readonly status: 'ok' } {
    return { service: this.#name, status: 'ok' };
  }

  @Get('readyz')
  async ready(): Promise<{ readonly service: string; readonly status: 'ready' }> {
    const problems = await this.#health.problems();
    if (Object.keys(problems).length > 0) {
      throw new ServiceUnavailableException({ service: this.#name, status: 'not ready', problems });
    }
    return { service: this.#name, status: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4')
  metrics(): Promise<string> {
    return this.#telemetry.metricsText();
  }
}
