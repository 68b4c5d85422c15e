import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metric } from '@writ/telemetry';
import { REPOSITORY } from '@writ/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { natsValues } from '../nats/values.ts';
import { isWorkload, manifestsOf } from './manifest.ts';
import type { Manifest, Workload } from './manifest.ts';
import { brokenRules } from './rules.ts';
import { schemaProblems } from './schemas.ts';

const SERVICES = ['policy', 'budget', 'scheduler', 'executor', 'audit'];

describe.each(['dev', 'production'])('the overlay %s', (overlay) => {
  let manifests: readonly Manifest[];

  beforeAll(async () => {
    manifests = await manifestsOf(`infra/k8s/overlays/${overlay}`);
  });

  it('is what the API server takes', async () => expect(await schemaProblems(manifests)).toEqual([]));

  it('keeps our rules', () => expect(brokenRules(manifests)).toEqual([]));

  it('has a workload for every service, and an image of its own', () => {
    const workloads = manifests.filter(isWorkload);
    expect(new Set(workloads.map(({ metadata }) => metadata.name))).toEqual(new Set(SERVICES));
    const images = workloads.map(({ spec }) => spec.template.spec.containers[0]?.image.split(':')[0]);
    expect(new Set(images)).toEqual(new Set(SERVICES.map((name) => `writ/${name}`)));
  });
});

describe.each(SERVICES)('the folder of %s', (service) => {
  it('can be applied alone', async () => {
    const manifests = await manifestsOf(`infra/k8s/base/${service}`);
    expect(manifests.filter(isWorkload).map(({ metadata }) => metadata.name)).toEqual([service]);
  });
});

describe('a manifest that is wrong', () => {
  const withPod = (workload: Workload, pod: object): Workload => ({
    ...workload,
    spec: {
      ...workload.spec,
      template: { ...workload.spec.template, spec: { ...workload.spec.template.spec, ...pod } },
    },
  });

  it('is found: a stray field, a wrong type, a root user, a secret in plain sight', async () => {
    const manifests = await manifestsOf('infra/k8s/overlays/dev');
    const policy = manifests
      .filter(isWorkload)
      .find(({ metadata }) => metadata.name === 'policy') as Workload;
    const stray = withPod(policy, { restartPolicyy: 'Always' });
    expect((await schemaProblems([stray])).join()).toContain('restartPolicyy');
    const typed = { ...policy, spec: { ...policy.spec, replicas: 'two' } } as unknown as Manifest;
    expect((await schemaProblems([typed])).join()).toContain('replicas');
    const [container] = policy.spec.template.spec.containers;
    const careless = withPod(policy, {
      securityContext: {},
      containers: [{ ...container, env: [{ name: 'WRIT_NATS_PASSWORD', value: 'hunter2' }] }],
    });
    const problems = brokenRules([careless, ...manifests.filter((one) => one !== policy)]);
    expect(problems).toContain('Deployment/policy: may run as root');
    expect(problems).toContain('Deployment/policy container policy: holds the secret WRIT_NATS_PASSWORD');
  });
});

describe('what stands beside the manifests', () => {
  const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');

  it('the values of NATS are made from the permissions', () =>
    expect(read('infra/k8s/nats/values.yaml')).toBe(
      natsValues(['agent:lab/screening', 'approver:lab/demo']),
    ));

  it('the executors scale by a metric that the scheduler has', () => {
    const query = /query: max\(sum by \(pod\) \((\w+)\{/.exec(
      read('infra/k8s/overlays/production/executor-scaling.yaml'),
    )?.[1];
    expect(Object.values(Metric).map((name) => name.replaceAll('.', '_'))).toContain(query);
  });

  it('the Dockerfile has a target for every service, none of which is root', () => {
    const dockerfile = read('infra/docker/Dockerfile');
    for (const service of SERVICES) {
      expect(dockerfile).toContain(`FROM runtime AS ${service}\n`);
      expect(dockerfile).toContain(`apps/${service}/dist/main.js`);
    }
    expect(dockerfile.match(/^USER (.*)$/gm)).toEqual(['USER 1000:1000']);
  });
});
