/** Our own rules for manifests: limits set, probed, hardened, spread, guarded against disruption, secrets by reference. */
import { isWorkload, placeOf } from './manifest.ts';
import type { Container, Manifest, Workload } from './manifest.ts';

const SECRET_NAME = /PASSWORD|SECRET|TOKEN|POSTGRES_URL/;

/** A sentence for everything that breaks a rule. */
export function brokenRules(manifests: readonly Manifest[]): string[] {
  const workloads = manifests.filter(isWorkload);
  return [
    ...workloads.flatMap(podProblems),
    ...workloads.flatMap((one) =>
      one.spec.template.spec.containers.flatMap((container) => containerProblems(one, container)),
    ),
    ...workloads.flatMap((one) =>
      isGuarded(one, manifests) ? [] : [`${placeOf(one)}: no PodDisruptionBudget`],
    ),
    ...(deniesByDefault(manifests) ? [] : ['no NetworkPolicy denies everything by default']),
  ];
}

function podProblems(workload: Workload): string[] {
  const { spec: pod } = workload.spec.template;
  const wrong: (readonly [boolean, string])[] = [
    [pod.automountServiceAccountToken !== false, 'mounts a service-account token'],
    [pod.securityContext?.runAsNonRoot !== true, 'may run as root'],
    [pod.securityContext?.seccompProfile?.type !== 'RuntimeDefault', 'has no seccomp profile'],
    [(pod.topologySpreadConstraints ?? []).length === 0, 'is not spread over zones and nodes'],
  ];
  return sentences(placeOf(workload), wrong);
}

function containerProblems(workload: Workload, container: Container): string[] {
  const { resources, securityContext, image, env = [] } = container;
  const wrong: (readonly [boolean, string])[] = [
    [!resources?.requests?.['cpu'] || !resources.requests['memory'], 'requests no cpu or memory'],
    [!resources?.limits?.['cpu'] || !resources.limits['memory'], 'has no limit of cpu or memory'],
    [container.livenessProbe === undefined, 'has no liveness probe'],
    [container.readinessProbe === undefined, 'has no readiness probe'],
    [securityContext?.allowPrivilegeEscalation !== false, 'may escalate privileges'],
    [securityContext?.readOnlyRootFilesystem !== true, 'may write to its root file system'],
    [!securityContext?.capabilities?.drop?.includes('ALL'), 'keeps capabilities'],
    [!/:[^:/]+$/.test(image) || image.endsWith(':latest'), `has no fixed version: ${image}`],
    ...env.map(
      ({ name, value }) =>
        [SECRET_NAME.test(name) && value !== undefined, `holds the secret ${name}`] as const,
    ),
  ];
  return sentences(`${placeOf(workload)} container ${container.name}`, wrong);
}

function sentences(place: string, wrong: readonly (readonly [boolean, string])[]): string[] {
  return wrong.filter(([holds]) => holds).map(([, what]) => `${place}: ${what}`);
}

function isGuarded(workload: Workload, manifests: readonly Manifest[]): boolean {
  return manifests.some(
    ({ kind, metadata }) => kind === 'PodDisruptionBudget' && metadata.name === workload.metadata.name,
  );
}

function deniesByDefault(manifests: readonly Manifest[]): boolean {
  return manifests.some(({ kind, spec }) => {
    const {
      podSelector,
      ingress,
      egress,
      policyTypes = [],
    } = (spec ?? {}) as {
      readonly podSelector?: object;
      readonly ingress?: unknown;
      readonly egress?: unknown;
      readonly policyTypes?: readonly string[];
    };
    const all = podSelector !== undefined && Object.keys(podSelector).length === 0;
    const both = policyTypes.includes('Ingress') && policyTypes.includes('Egress');
    return kind === 'NetworkPolicy' && all && both && ingress === undefined && egress === undefined;
  });
}
