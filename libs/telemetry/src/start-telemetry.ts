/** What telemetry takes is loaded when it starts: agents and tests that only want names and ids should not pay for it. */
import type { Export, Telemetry } from './telemetry.ts';

/** Starts telemetry for a service. */
export async function startTelemetry(service: string, exporting?: Export): Promise<Telemetry> {
  const { start } = await import('./start.ts');
  return start(service, exporting);
}
