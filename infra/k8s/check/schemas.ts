/**
 * Manifests against the typed schemas of Kubernetes: values and required fields by `kubernetes-models`, fields that do not
 * exist by the compiler (its models let them pass), custom resources by the part of their schema that we use.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '@writ/contracts';
import { REPOSITORY, temporaryFolder } from '@writ/testkit';
import { z } from 'zod';
import { placeOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';

const run = promisify(execFile);

const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  labels: labels.optional(),
});

/** Of the Prometheus operator and of KEDA. */
const CUSTOM: Readonly<Record<string, z.ZodType>> = {
  'monitoring.coreos.com/v1 ServiceMonitor': z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata,
    spec: z.strictObject({
      selector: z.strictObject({ matchLabels: labels }),
      endpoints: z.array(
        z.strictObject({ port: z.string(), path: z.string(), interval: z.string().regex(/^\d+(s|m)$/) }),
      ),
    }),
  }),
  'monitoring.coreos.com/v1 PrometheusRule': z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata,
    spec: z.strictObject({
      groups: z.array(
        z.strictObject({
          name: z.string(),
          rules: z.array(
            z.strictObject({
              alert: z.string(),
              expr: z.string(),
              for: z.string().regex(/^\d+(s|m|h)$/),
              labels,
              annotations: labels,
            }),
          ),
        }),
      ),
    }),
  }),
  'keda.sh/v1alpha1 ScaledObject': z.strictObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata,
    spec: z.strictObject({
      scaleTargetRef: z.strictObject({ kind: z.enum(['Deployment', 'StatefulSet']), name: z.string() }),
      minReplicaCount: z.int().min(0),
      maxReplicaCount: z.int().min(1),
      cooldownPeriod: z.int().optional(),
      triggers: z.array(z.strictObject({ type: z.literal('prometheus'), metadata: labels })),
    }),
  }),
};

interface Model {
  validate(): void;
}

/** A sentence for everything that no API server would take. */
export async function schemaProblems(manifests: readonly Manifest[]): Promise<string[]> {
  const custom = manifests.filter((one) => nameOf(one) in CUSTOM);
  const known = manifests.filter((one) => !(nameOf(one) in CUSTOM));
  const values = await Promise.all(known.map(valueProblems));
  return [...custom.flatMap(customProblems), ...values.flat(), ...(await fieldProblems(known))];
}

function nameOf({ apiVersion, kind }: Manifest): string {
  return `${apiVersion} ${kind}`;
}

function customProblems(manifest: Manifest): string[] {
  const parsed = CUSTOM[nameOf(manifest)]?.safeParse(manifest);
  return parsed?.error ? [`${placeOf(manifest)}: ${z.prettifyError(parsed.error)}`] : [];
}

async function valueProblems(manifest: Manifest): Promise<string[]> {
  try {
    const group = `kubernetes-models/${manifest.apiVersion}`;
    const models = (await import(group)) as Readonly<Record<string, new (data: Manifest) => Model>>;
    const Kind = models[manifest.kind];
    if (!Kind) return [`${placeOf(manifest)}: ${manifest.apiVersion} has no kind ${manifest.kind}`];
    new Kind(manifest).validate();
    return [];
  } catch (error) {
    return [`${placeOf(manifest)}: ${messageOf(error)}`];
  }
}

/** Each manifest as a literal that has to satisfy its interface. */
async function fieldProblems(manifests: readonly Manifest[]): Promise<string[]> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'manifests.ts');
  const imports = [
    ...new Set(
      manifests.map(
        ({ apiVersion, kind }) =>
          `import type { I${kind} } from '${join(REPOSITORY, 'node_modules/kubernetes-models', apiVersion, kind)}';`,
      ),
    ),
  ];
  const literals = manifests.map(
    (one) => `(${JSON.stringify(one)}) satisfies I${one.kind}; // ${placeOf(one)}`,
  );
  await writeFile(file, [...imports, ...literals].join('\n'));
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--ignoreConfig',
    '--types',
    '',
  ];
  try {
    await run(join(REPOSITORY, 'node_modules/.bin/tsc'), [...flags, file]);
    return [];
  } catch (error) {
    const { stdout = messageOf(error) } = error as { readonly stdout?: string };
    return stdout.split('\n').filter((line) => line.includes('error TS'));
  } finally {
    folder.remove();
  }
}
