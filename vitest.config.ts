/** Test projects: `unit` (pure and property tests), `integration` (real nats-server and Postgres), `system` (the suite). */
import { defineConfig } from 'vitest/config';

const conditions = ['@writ/source', 'node'];
const common = {
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['@writ/source'] } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...common,
        test: {
          name: 'unit',
          // Property tests run long on a busy machine; a hang is still noticed.
          testTimeout: 60_000,
          include: [
            '{libs,apps}/*/src/**/*.spec.ts',
            'infra/**/*.spec.ts',
            'test/{tidy,simulation,conformance}/**/*.spec.ts',
          ],
          exclude: ['**/*.int.spec.ts', '**/node_modules/**', '**/dist/**'],
          // Pure tests share a process: what they import is evaluated once. By default one core would be left idle.
          isolate: false,
          maxWorkers: '100%',
        },
      },
      {
        ...common,
        test: {
          name: 'integration',
          include: ['{libs,apps}/*/src/**/*.int.spec.ts', 'infra/**/*.int.spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          globalSetup: ['libs/testkit/src/global-setup.ts'],
        },
      },
      {
        ...common,
        test: {
          name: 'system',
          include: ['test/{e2e,chaos}/**/*.spec.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
