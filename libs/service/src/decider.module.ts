/** Everything a deciding service needs around its core: host, lease, snapshots, notices. */
import { randomUUID } from 'node:crypto';
import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import type { Decider } from '@writ/contracts';
import { kvLease, objectSnapshots } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import type { Telemetry } from '@writ/telemetry';
import { DeciderTransport } from './decider-transport.ts';
import { Health } from './health.ts';
import { NoticesController } from './notices.controller.ts';
import { CONNECTION, LEDGER, TELEMETRY } from './tokens.ts';

@Global()
@Module({})
export class DeciderModule {
  static host<State, Offer>(decider: Decider<State, Offer>): DynamicModule {
    return {
      module: DeciderModule,
      controllers: [NoticesController],
      providers: [
        {
          provide: DeciderTransport,
          useFactory: (ledger: Ledger, connection: NatsConnection, health: Health, telemetry: Telemetry) => {
            const holder = `${decider.name}-${randomUUID().slice(0, 8)}`;
            return new DeciderTransport({
              decider,
              ledger,
              lease: kvLease(connection, decider.name, holder),
              snapshots: objectSnapshots(connection),
              holder,
              health,
              telemetry,
            });
          },
          inject: [LEDGER, CONNECTION, Health, TELEMETRY],
        },
      ],
      exports: [DeciderTransport],
    };
  }
}
